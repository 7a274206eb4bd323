"""JSON and JSON Lines as they come from elsewhere: with a byte-order mark, with separators inside
strings that only look like line ends, with halves of surrogate pairs.

A line ends at a line feed and nowhere else: U+2028 and its like may stand in a string as they are.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator
from json import JSONDecodeError
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)

MAX_DEPTH = 100
"""Lists and objects inside one another; what is nested deeper was not written on purpose."""
NESTED = "nested too deeply"
_MAX_BITS = 1000
_DIGITS = "a number of too many digits"


def writable(text: str) -> str:
    """A text that can be written as UTF-8: `?` for half a surrogate pair."""
    if text.isascii():
        return text
    return text.encode(errors="replace").decode()


def read_value(line: str | bytes) -> Any:
    """A JSON value whose texts can all be written; JSONDecodeError or UnicodeDecodeError where it
    is none, ValueError where it is nested too deeply. Half of a surrogate pair may stand there as
    it is, as some programs write it."""
    text = line if isinstance(line, str) else line.decode("utf-8-sig", "surrogatepass")
    try:
        return cleaned(json.loads(text))
    except JSONDecodeError:
        raise
    except RecursionError:
        raise ValueError(NESTED) from None
    except ValueError as error:
        # Of numbers, Python speaks to programmers.
        raise ValueError(_DIGITS if "digits" in str(error) else str(error)) from None


def cleaned(value: Any, room: int = MAX_DEPTH) -> Any:
    """A JSON value with `writable` texts; ValueError where it is nested too deeply, or has a number
    that Python would not write."""
    if isinstance(value, str):
        return writable(value)
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        raise ValueError(_DIGITS)
    if isinstance(value, list | dict) and not room:
        raise ValueError(NESTED)
    if isinstance(value, list):
        return [cleaned(one, room - 1) for one in value]
    if isinstance(value, dict):
        return {writable(str(key)): cleaned(one, room - 1) for key, one in value.items()}
    return value


def read_model(kind: type[M], raw: bytes) -> M:
    """JSON as a model of pydantic's; ValidationError where it is none. Half of a surrogate pair,
    which is JSON to Python alone, does not keep it from being read."""
    try:
        return kind.model_validate_json(raw)
    except ValidationError:
        try:
            content = read_value(raw)
        except ValueError:
            content = None
        if content is None:
            raise
        return kind.model_validate(content)


def numbered_lines(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """The lines of an open binary file that hold something, with their numbers from 1 and without
    a byte-order mark."""
    for number, line in enumerate(lines, 1):
        told = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
        if told.strip():
            yield number, told
