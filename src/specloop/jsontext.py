"""Read JSON and JSON Lines from elsewhere.

They may have a byte-order mark, halves of surrogate pairs, and separators such as U+2028 inside
strings, which only look like line ends: a line ends at a line feed and nowhere else.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator
from json import JSONDecodeError
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from specloop.errors import InputError
from specloop.files import read_text

M = TypeVar("M", bound=BaseModel)

MAX_DEPTH = 100
"""How deep lists and objects may be nested; deeper JSON was not written on purpose."""
NESTED = "nested too deeply"
_MAX_BITS = 1000
_DIGITS = "a number of too many digits"


def writable(text: str) -> str:
    """The text with `?` for half a surrogate pair, so that it can be written as UTF-8."""
    if text.isascii():
        return text
    return text.encode(errors="replace").decode()


def read_value(line: str | bytes) -> Any:
    """Read a JSON value; its texts can all be written.

    The input may hold half a surrogate pair, as some programs write it. JSONDecodeError or
    UnicodeDecodeError where it is not JSON, ValueError where it is nested too deeply.
    """
    text = line if isinstance(line, str) else line.decode("utf-8-sig", "surrogatepass")
    try:
        return cleaned(json.loads(text))
    except JSONDecodeError:
        raise
    except RecursionError:
        raise ValueError(NESTED) from None
    except ValueError as error:
        # Python's own message about long numbers is for programmers.
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
        return [cleaned(item, room - 1) for item in value]
    if isinstance(value, dict):
        return {writable(str(key)): cleaned(item, room - 1) for key, item in value.items()}
    return value


def read_json(path: Path) -> Any:
    """The content of a JSON file; InputError names the file and the place of what is wrong."""
    try:
        content = json.loads(read_text(path))
        cleaned(content)  # Refused here what could not be written again.
        return content
    except JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise InputError(f"{path}: {place}: not JSON: {error.msg}; repair the file") from None
    except (RecursionError, ValueError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise InputError(f"{path}: cannot be read: {reason}") from None


def first_fault(error: ValidationError, whole: str = "") -> str:
    """The first thing that is wrong, after its place: `rows.3.id: Field required`. `whole` names
    the place of a fault that has none."""
    first = error.errors()[0]
    place, reason = ".".join(map(str, first["loc"])), first["msg"].removeprefix("Value error, ")
    return f"{place or whole}: {reason}"


def read_model(kind: type[M], raw: bytes) -> M:
    """Read JSON as a pydantic model; ValidationError where it does not fit.

    The JSON may hold half a surrogate pair, which only Python accepts.
    """
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
    """The non-empty lines of an open binary file with their numbers from 1, without a byte-order
    mark."""
    for number, line in enumerate(lines, 1):
        content = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
        if content.strip():
            yield number, content
