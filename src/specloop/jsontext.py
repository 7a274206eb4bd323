"""JSON and JSON Lines as they come from elsewhere: with a byte-order mark, with separators inside
strings that only look like line ends, with halves of surrogate pairs.

A line ends at a line feed and nowhere else: U+2028 and its like may stand in a string as they are.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)


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
    except RecursionError:
        raise ValueError("nested too deeply") from None


def cleaned(value: Any) -> Any:
    """A JSON value with `writable` texts."""
    if isinstance(value, str):
        return writable(value)
    if isinstance(value, list):
        return [cleaned(one) for one in value]
    if isinstance(value, dict):
        return {writable(str(key)): cleaned(one) for key, one in value.items()}
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
