"""Say what is wrong with a configuration: the place, the value and the remedy."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from specloop.config.families import WRONG_NAME, Family
from specloop.config.secrets import Place, secrets
from specloop.config.values import ConfigTable
from specloop.errors import InputError, did_you_mean, not_this

T = TypeVar("T", bound=ConfigTable)
Where = Callable[[Place], str]
"""What set the value at a place: a file, or an option of a command."""

_UNTOLD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""Control characters that no text needs."""
_RENAMED = {"train.trainer": "train.name"}
"""Keys with their former names."""
_LARGEST = 2**63 - 1
"""The largest whole number that servers, seeds and files take."""


def build(kind: type[T], raw: Mapping[str, Any], where: str | Where) -> T:
    """Validate a table; InputError names every bad key, one per line."""
    origin: Where = where if callable(where) else lambda _: str(where)

    def check(faults: Iterator[tuple[Place, str]]) -> None:
        for place, reason in faults:
            raise InputError(f"{origin(place)}: {dotted(place)}: {reason}")

    check(secrets(raw))
    try:
        built = kind.model_validate(raw)
    except ValidationError as error:
        lines = [
            f"{origin(fault['loc'])}: {dotted(fault['loc'])}: {_words(kind, fault, raw)}"
            for fault in error.errors(include_url=False)
            if not _follows(fault)
        ]
        raise InputError("\n".join(dict.fromkeys(lines))) from None
    check(_unkept(built.model_dump()))
    return built


def _follows(error: Any) -> bool:
    """Whether a list is called too short only because some of its items are refused."""
    return error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]


def dotted(place: Sequence[str | int]) -> str:
    """A place in a configuration, as written for `--set`."""
    return ".".join(quoted(part) for part in place)


def quoted(part: str | int) -> str:
    """A part of a key, in quotes if TOML needs them."""
    text = str(part)
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else json.dumps(text, ensure_ascii=False)


def _words(kind: type[BaseModel], error: Any, raw: Mapping[str, Any]) -> str:
    place: Place = error["loc"]
    said = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        if dotted(place) in _RENAMED:
            return f"write {_RENAMED[dotted(place)]} instead"
        known = _fields_at(kind, place[:-1], raw)
        hint = did_you_mean(str(place[-1]), known) or f" Keys: {', '.join(known)}"
        return f"{said}.{hint}"
    if error["type"] == WRONG_NAME:
        return said
    if error["type"] == "string_unicode":
        said = "write text in UTF-8, and rename a file whose name is not"
    return said + not_this(error["input"])


def _fields_at(kind: type[BaseModel], place: Place, raw: Any) -> list[str]:
    """The names of the keys of the table at a place."""
    parts = iter(place)
    for part in parts:
        field = kind.model_fields.get(str(part))
        raw = raw.get(str(part), {})
        if field is None:
            return []
        if family := family_of(field):
            return _options_at(family, next(parts, None), raw)
        if family := _family_of_items(field):
            return family.options(raw[next(parts)])
        inner = table_in(field.annotation)
        if inner is None:
            return []
        if get_origin(field.annotation) is dict:
            next(parts, None)  # The name of one of its tables, such as a model's in [prices].
        kind = inner
    return list(kind.model_fields)


def _options_at(family: Family, key: str | int | None, raw: Any) -> list[str]:
    """The options of a strategy, or of the one that its option `key` names."""
    inner = family.strategy(raw).model_fields.get(str(key))
    named = family_of(inner) if inner else None
    return named.options(raw[key]) if named else family.options(raw)


def family_of(field: FieldInfo) -> Family | None:
    """The family whose strategy a field names."""
    return next((mark for mark in field.metadata if isinstance(mark, Family)), None)


def _family_of_items(field: FieldInfo) -> Family | None:
    """The family of which a field's items name strategies."""
    items = get_args(field.annotation)
    marks = (mark for item in items for mark in getattr(item, "__metadata__", ()))
    return next((mark for mark in marks if isinstance(mark, Family)), None)


def table_in(annotation: Any) -> type[BaseModel] | None:
    """The table that a field holds, also if the field is optional."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    tables = (table_in(part) for part in get_args(annotation))
    return next((table for table in tables if table is not None), None)


def _unkept(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """The places of values that could not be stored in the run folder and read again unchanged,
    including the options of strategies and models."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _unkept(inner, (*place, key))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _unkept(inner, (*place, number))
    elif reason := _reason(value):
        yield place, reason


def _reason(value: Any) -> str:
    """Why a value is refused; empty if it is accepted."""
    if isinstance(value, float):
        return "" if math.isfinite(value) else f"write a finite number, not {value}"
    if isinstance(value, int):
        fits = abs(value) <= _LARGEST
        return "" if fits else f"write a whole number from -{_LARGEST} to {_LARGEST}"
    if isinstance(value, str):
        match = _UNTOLD.search(value)
        return f"it holds the control character {match[0]!r}; take it out" if match else ""
    return "" if value is None else f"write a text, a number, true or false, not {value}"
