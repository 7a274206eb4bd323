"""Options of an `openai:` model, and the endpoints they name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from ipaddress import ip_address

from pydantic import SecretStr
from yarl import URL

from specloop.config.secrets import (
    URL_REMEDY,
    VARIABLE_REMEDY,
    has_secret_url,
    is_variable,
    read_key,
)
from specloop.errors import InputError
from specloop.llm.backends.openai import EndpointTable, Kind, OpenAI
from specloop.llm.backends.openai.dialect import Dialect
from specloop.llm.backends.openai.discovery import HOSTED
from specloop.llm.backends.openai.endpoints import Endpoint
from specloop.llm.backends.openai.failure import CallPlace
from specloop.llm.backends.openai.fitting import Fitting, StatedOptions
from specloop.llm.backends.openai.limiter import Limiter
from specloop.llm.switch import SERVERS

_FIRST = 64
"""Calls that a server gets at once before it has shown that it refuses none."""
_NO_PART_OF_A_BASE = re.compile(r"[\s?#\\\x00-\x1f\x7f-\x9f]")
_OF_THE_CALL = ("messages", "prompt", "stream")
"""Without its own of these a call would ask something else, or could not be read."""
_PRIVATE = (".local", ".localhost", ".internal", ".lan", ".home.arpa", ".test")
"""Ends of names that stand for machines of one's own net."""


def over(options: OpenAI, known: Dialect, kind: Kind) -> Dialect:
    """What is known of the server, with what the options say instead."""
    said: dict[str, str] = {
        "prefill": options.prefill,
        "regex_field": options.regex_field,
        "max_tokens_field": options.max_tokens_field,
    }
    spoken = known._replace(**{field: value for field, value in said.items() if value})
    spoken = spoken._replace(context=options.context or spoken.context)
    if options.thinking is not None and kind in SERVERS:
        spoken = spoken._replace(more={**spoken.more, **SERVERS[kind].at(options.thinking)})
    if options.structured != "auto":
        spoken = spoken._replace(structured=options.structured)
    if options.system == "user":
        spoken = spoken._replace(system=False)
    # Whoever says how a begun turn is continued means begun thoughts as well.
    return spoken._replace(writes="") if options.prefill else spoken


def check_options(name: str, options: OpenAI) -> None:
    """InputError where options contradict each other or what each call sets itself."""
    if options.base_url and options.base_urls:
        raise InputError(f"{name}: give base_url or base_urls, not both")
    for field in _OF_THE_CALL:
        if options.extra_body.get(field) or field in options.omit:
            raise InputError(f"{name}: extra_body and omit: {field} is set by each call itself")


def endpoints(name: str, options: OpenAI) -> list[Endpoint]:
    """The model's endpoints, with their keys from the environment."""
    tables = options.base_urls or (_only(options),)
    if len({table.url.rstrip("/") for table in tables}) < len(tables):
        raise InputError(f"{name}: option 'base_urls': an address is given twice")
    return [_endpoint(name, options, table) for table in tables]


def check_keys(servers: Iterable[Endpoint]) -> None:
    """InputError where the environment has no key for a server that needs one: one on the public
    net over https. Servers of one's own are often open."""
    for server in servers:
        place = server.place
        if not place.key_set and server.base.scheme == "https" and _is_public(server.base):
            raise InputError(
                f"{place}: the environment variable {place.key_env} is not set; set it (to any "
                "word where the server wants no key), or name another by the option api_key_env"
            )


def _is_public(base: URL) -> bool:
    host = (base.host or "").rstrip(".").lower()
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(_PRIVATE)


def _only(options: OpenAI) -> EndpointTable:
    return EndpointTable(url=options.base_url or os.environ.get("OPENAI_BASE_URL") or str(HOSTED))


def _endpoint(name: str, options: OpenAI, table: EndpointTable) -> Endpoint:
    base = _address(name, table.url)
    variable = table.api_key_env or options.api_key_env
    if not is_variable(variable):
        raise InputError(f"{name}: option 'api_key_env': {VARIABLE_REMEDY}")
    key = SecretStr(read_key(variable))
    place = CallPlace(name, str(base), variable, bool(key.get_secret_value()))
    limiter = Limiter(table.max_concurrency or options.max_concurrency, _FIRST)
    return Endpoint(place, key, limiter, Fitting(place, _said(options)))


def _address(name: str, text: str) -> URL:
    """A base URL without a slash at its end."""
    remedy = "base_url must be like http://localhost:8000/v1"
    if has_secret_url(text):
        raise InputError(f"{name}: base_url: {URL_REMEDY}")
    plain = text.strip().rstrip("/")
    try:
        base = URL(plain)
        (base.raw_host or "").encode("idna")
        is_whole = base.scheme in ("http", "https") and base.host and base.port
    except ValueError:
        raise InputError(f"{name}: {remedy}") from None
    if not is_whole or _NO_PART_OF_A_BASE.search(plain):
        shown = "" if "@" in text or "?" in text else f", not {text!r}"
        raise InputError(f"{name}: {remedy}{shown}")
    return base


def _said(options: OpenAI) -> StatedOptions:
    """What no refusal changes."""
    return StatedOptions(
        structured=options.structured != "auto",
        enforced=options.structured == "schema",
        prefill=bool(options.prefill),
        max_tokens_field=bool(options.max_tokens_field),
    )
