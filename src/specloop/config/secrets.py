"""Refuse keys and passwords in a configuration, because the run folder stores all of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from specloop.errors import InputError
from specloop.scrub import register

Place = tuple[str | int, ...]

VARIABLE_REMEDY = "write the name of an environment variable, not a key"
URL_REMEDY = (
    "a URL must hold no user, password or key: it is noted in the run folder. Put the key into an "
    "environment variable and name that by api_key_env"
)
_REMEDY = (
    "a secret must not stand in a configuration: it is noted in the run folder. "
    "Put it into an environment variable and name that by api_key_env"
)
_SECRET = re.compile(
    r"(?:.*[_-])?(?:api[ _-]?key|access[_-]?key(?:[_-]?id)?"
    r"|(?:subscription|private|signing)[_-]?key"
    r"|(?:client)?secret(?:[_-]?key)?|pass(?:word|wd|phrase)?|pwd|credentials?|cookie"
    r"|(?:auth|access|api|bearer)[_-]?token|token|bearer|(?:proxy-)?authorization)",
    re.I,
)
_PARAMETER = re.compile(r"key|sig|signature|auth|code|pat|pwd", re.I)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEY = re.compile(
    r"(?:bearer|basic)\s+(?=\S*\d)\S{8,}"
    r"|(?:\w+:)?(?:(?:[srp]k|[cg]sk|xai|pplx|nvapi|glpat|xox[abprs])[-_]"
    r"|(?:hf|gh[opsur]|github_pat|r8|fw|tgp_v1|api_org)_|eyJ)"
    r"(?=\S*[0-9])(?=\S*[a-z0-9]{16})[\w.+/=-]+"
    r"|A[KS]IA[A-Z0-9]{16}|AIza[\w-]{30,}",
    re.I,
)
_URL = re.compile(
    r"[a-z][a-z0-9+.-]{0,30}://(?P<user>[^/\s?#]*@)?[^?#]*(?:\?(?P<query>[^\s#]*))?", re.I
)


def read_key(variable: str) -> str:
    """The key in an environment variable; empty if there is none. InputError if it could not be
    sent in a header."""
    key = os.environ.get(variable, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise InputError(
            f"the environment variable {variable} holds a character that stands in no key, such as "
            "a line end: set it to the key alone"
        )
    return key


def secrets(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """The places of secrets, each with the remedy. No secret is printed from now on."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if reason := _named(str(key), inner):
                yield (*place, key), reason
            else:
                yield from secrets(inner, (*place, key))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from secrets(inner, (*place, number))
    elif isinstance(value, str) and (reason := _in_text(value)):
        yield place, reason


def is_variable(name: str) -> bool:
    """Whether a text may name an environment variable, and is not a key in its place."""
    if name in os.environ:
        return True
    parts = name.split("_")
    # No part of a name mixes letters and digits as keys do.
    is_random = any(len(re.findall(r"\d+|[A-Z]+|[a-z]+", part)) > 4 for part in parts)
    return bool(_VARIABLE.fullmatch(name)) and not is_random and not looks_like_key(name)


def looks_like_key(text: str) -> bool:
    """Whether a text has the form of providers' keys."""
    return bool(_KEY.fullmatch(text.strip()))


def has_secret_url(text: str) -> bool:
    """Whether a URL in the text holds a user, a password or a key, which is not printed from now
    on."""
    in_urls = list(_in_urls(text))
    for secret in in_urls:
        register(secret)
    return bool(in_urls)


def _in_urls(text: str) -> Iterator[str]:
    for url in _URL.finditer(text):
        yield from filter(None, re.split("[:@]", url["user"] or ""))
        yield from filter(looks_like_key, re.split("[/#]", text[url.start() :]))
        for parameter in re.split("[&;]", url["query"] or ""):
            name, _, value = parameter.partition("=")
            if value and (_SECRET.fullmatch(name) or _PARAMETER.fullmatch(name)):
                yield value


def _named(key: str, value: Any) -> str:
    if looks_like_key(key):
        register(key)
        return _REMEDY
    if key == "api_key_env":
        reason = VARIABLE_REMEDY if value and not is_variable(str(value)) else ""
    else:
        reason = _REMEDY if _SECRET.fullmatch(key) else ""
    if reason and isinstance(value, str):
        register(value.split()[-1] if value.strip() else "")
    return reason


def _in_text(text: str) -> str:
    if not looks_like_key(text):
        return URL_REMEDY if has_secret_url(text) else ""
    register(text.split()[-1])
    return _REMEDY
