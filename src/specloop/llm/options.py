"""Options of a backend whose options are a named tuple: checked by name and type."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from specloop.errors import InputError, not_this

N = TypeVar("N", bound="tuple[Any, ...]")


def named_options(kind: type[N], model: str, options: Mapping[str, Any]) -> N:
    """The options of a model; InputError names the first that is unknown or of another type."""
    known: tuple[str, ...] = getattr(kind, "_fields", ())
    for name in options:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Options: {', '.join(known)}"
            raise InputError(f"{model}: it has no option {name!r}. {hint}")
    try:
        return TypeAdapter(kind).validate_python(dict(options), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        wanted = "it is true or false" if first["type"].startswith("bool") else first["msg"]
        raise InputError(f"{model}: option {where!r}: {wanted}{not_this(first['input'])}") from None
