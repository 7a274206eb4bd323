"""Options of an `openai:` model, and the endpoints they name."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, SecretStr, StrictBool, ValidationError
from yarl import URL

from specloop.config.secrets import URL_REMEDY, VARIABLE_REMEDY, has_secret_url, is_variable
from specloop.errors import InputError, not_this
from specloop.llm.backends.openai.connection import read_key
from specloop.llm.backends.openai.dialect import Continue, Dialect
from specloop.llm.backends.openai.discovery import HOSTED, Kind
from specloop.llm.backends.openai.endpoints import Endpoint
from specloop.llm.backends.openai.failure import Place
from specloop.llm.backends.openai.fitting import Fitting, Said
from specloop.llm.backends.openai.limiter import Limiter
from specloop.llm.calls.retry import RetryPolicy
from specloop.llm.switch import SERVERS
from specloop.records import Value

_FIRST = 64
"""Calls that a server gets at once before it has shown that it refuses none."""
_NO_PART_OF_A_BASE = re.compile(r"[\s?#\\\x00-\x1f\x7f-\x9f]")
_OF_THE_CALL = ("messages", "prompt", "stream")
"""Without its own of these a call would ask something else, or could not be read."""
_PRIVATE = (".local", ".localhost", ".internal", ".lan", ".home.arpa", ".test")
"""Ends of names that stand for machines of one's own net."""


_Places = Annotated[int, Field(ge=1, lt=2**31)]


class EndpointTable(Value):
    """One of several servers of the same model; what it leaves out is as for the model."""

    url: str
    api_key_env: str = ""
    max_concurrency: _Places | None = None


def _as_table(value: Any) -> Any:
    return {"url": value} if isinstance(value, str) else value


class Options(Value):
    """How to reach a model, and what is known of its server beyond what it tells itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    base_url: str = ""
    """Else $OPENAI_BASE_URL, else OpenAI's."""
    base_urls: tuple[Annotated[EndpointTable, BeforeValidator(_as_table)], ...] = ()
    """Several servers of the same model, instead of `base_url`: addresses or tables."""
    api_key_env: str = "OPENAI_API_KEY"
    """The environment variable that holds the key."""
    max_concurrency: _Places = 1024
    """Calls in flight to one server at most; fewer while it is overloaded."""
    timeout_s: float = Field(default=600.0, gt=0)
    connect_timeout_s: float = Field(default=10.0, gt=0)
    retry: RetryPolicy = RetryPolicy()
    server: Kind | Literal[""] = ""
    """What the server is; empty: it is asked."""
    prefill: Continue | Literal[""] = ""
    """How a begun assistant turn is continued; empty: as is known of the server."""
    regex_field: str = ""
    """Field for a regular expression, dots for nesting; empty: as is known of the server."""
    max_tokens_field: str = ""
    structured: Literal["auto", "schema", "object", "words"] = "auto"
    """How JSON is asked for: by a schema that the server enforces, as a JSON object whose fields
    are described in words, or in words alone; auto: as the server takes it."""
    system: Literal["auto", "user"] = "auto"
    """Where system text goes: auto: into a message of that role, unless the server refuses it;
    user: in front of the user's turn."""
    thinking: StrictBool | None = None
    """Thinking on or off, by the server's own parameter; None: as the server has it."""
    thinking_begun: bool = False
    """The chat template opens the think block, so a reply cut inside it shows no mark of it."""
    raw_text: bool = False
    """A thought that stands in a reply's text is left there, to the letter."""
    context: int = Field(default=0, ge=0)
    """Tokens of prompt and answer together; 0: as the server tells."""
    omit: tuple[str, ...] = ()
    """Parameters never sent, such as temperature for models that refuse it."""
    extra_body: dict[str, Any] = Field(default_factory=dict)
    """Sent with every request; replaces what would be sent otherwise."""

    def over(self, known: Dialect, kind: Kind) -> Dialect:
        """What is known of the server, with what the options say instead."""
        said: dict[str, str] = {
            "prefill": self.prefill,
            "regex_field": self.regex_field,
            "max_tokens_field": self.max_tokens_field,
        }
        found = known._replace(**{field: value for field, value in said.items() if value})
        found = found._replace(context=self.context or found.context)
        if self.thinking is not None and kind in SERVERS:
            found = found._replace(more={**found.more, **SERVERS[kind].at(self.thinking)})
        if self.structured != "auto":
            found = found._replace(structured=self.structured)
        if self.system == "user":
            found = found._replace(system=False)
        # Whoever says how a begun turn is continued means begun thoughts as well.
        return found._replace(writes="") if self.prefill else found

    @property
    def said(self) -> Said:
        """What no refusal changes."""
        return Said(
            structured=self.structured != "auto",
            enforced=self.structured == "schema",
            prefill=bool(self.prefill),
            max_tokens_field=bool(self.max_tokens_field),
        )


def read_options(name: str, options: dict[str, Any]) -> Options:
    """Validate; InputError names the first bad option."""
    try:
        found = Options.model_validate(options)
    except ValidationError as error:
        raise InputError(f"{name}: {_fault(error)}") from None
    if found.base_url and found.base_urls:
        raise InputError(f"{name}: give base_url or base_urls, not both")
    for field in _OF_THE_CALL:
        if found.extra_body.get(field) or field in found.omit:
            raise InputError(f"{name}: extra_body and omit: {field} is set by each call itself")
    return found


def _fault(error: ValidationError) -> str:
    """The first bad option, its value where that is short, and one that may be meant."""
    first = error.errors()[0]
    # Parts such as `literal[...]` tell which of a field's forms was tried.
    where = ".".join(str(part) for part in first["loc"] if "[" not in str(part))
    close = difflib.get_close_matches(where, Options.model_fields, n=1)
    if first["type"] == "extra_forbidden":
        hint = f". Did you mean {close[0]!r}?" if close else ""
        return f"option {where!r}: {first['msg']}{hint}"
    value = first["input"]
    # A text may be a key that was put into the wrong place.
    shown = not_this(value) if isinstance(value, int | float) else ""
    return f"option {where!r}: {first['msg']}{shown}"


def endpoints(name: str, options: Options) -> list[Endpoint]:
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


def _only(options: Options) -> EndpointTable:
    return EndpointTable(url=options.base_url or os.environ.get("OPENAI_BASE_URL") or str(HOSTED))


def _endpoint(name: str, options: Options, table: EndpointTable) -> Endpoint:
    base = _address(name, table.url)
    variable = table.api_key_env or options.api_key_env
    if not is_variable(variable):
        raise InputError(f"{name}: option 'api_key_env': {VARIABLE_REMEDY}")
    key = SecretStr(read_key(variable))
    place = Place(name, str(base), variable, bool(key.get_secret_value()))
    limiter = Limiter(table.max_concurrency or options.max_concurrency, _FIRST)
    return Endpoint(place, key, limiter, Fitting(place, options.said))


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
