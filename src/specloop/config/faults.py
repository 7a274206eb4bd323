"""What is wrong with a configuration, in words: the place, the value and the remedy."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from specloop.config.secrets import Place, secrets
from specloop.config.tables import Table
from specloop.errors import InputError

T = TypeVar("T", bound=Table)
Where = Callable[[Place], str]
"""Who set the value at a place: a file, or an option of a command."""


def build(kind: type[T], raw: Mapping[str, Any], where: str | Where) -> T:
    """Validate a table; InputError names every bad key, a line each."""
    told: Where = where if callable(where) else lambda _: str(where)
    if secret := next(secrets(raw), None):
        raise InputError(f"{told(secret[0])}: {dotted(secret[0])}: {secret[1]}")
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        lines = [
            f"{told(one['loc'])}: {dotted(one['loc'])}: {_words(kind, one)}"
            for one in error.errors(include_url=False)
        ]
        raise InputError("\n".join(dict.fromkeys(lines))) from None


def dotted(place: Sequence[str | int]) -> str:
    """A place in a configuration, as `--set` writes it."""
    return ".".join(quoted(part) for part in place)


def quoted(part: str | int) -> str:
    """A part of a key; in quotes where TOML wants them."""
    text = str(part)
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else f'"{text}"'


def _words(kind: type[BaseModel], error: Any) -> str:
    place: Place = error["loc"]
    said = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        known = _fields_at(kind, place[:-1])
        close = difflib.get_close_matches(str(place[-1]), known, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else f" Keys: {', '.join(known)}"
        return f"{said}.{hint}"
    value = error["input"]
    is_shown = isinstance(value, str | int | float) and len(str(value)) <= 60
    return f"{said}, not {value!r}" if is_shown else said


def _fields_at(kind: type[BaseModel], place: Place) -> list[str]:
    """Names of the keys that the table at a place has."""
    parts = iter(place)
    for part in parts:
        field = kind.model_fields.get(str(part))
        inner = _table_in(field.annotation) if field else None
        if field is None or inner is None:
            return []
        if get_origin(field.annotation) is dict:
            next(parts, None)  # The name of one of its tables, such as a model's in [prices].
        kind = inner
    return list(kind.model_fields)


def _table_in(annotation: Any) -> type[BaseModel] | None:
    """The table that a field holds, also where it may be left out."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_table_in(part) for part in get_args(annotation))
    return next((one for one in found if one is not None), None)
