"""JSON files in the form that SpecBench's have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from specloop.errors import InputError
from specloop.files import read_text
from specloop.jsontext import cleaned
from specloop.store import write_text


def read_json(path: Path) -> Any:
    """The content of a JSON file; InputError names the file and the place of what is wrong."""
    try:
        content = json.loads(read_text(path))
        cleaned(content)  # Refused here what could not be written again.
        return content
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise InputError(f"{path}: {place}: not JSON: {error.msg}; repair the file") from None
    except (RecursionError, ValueError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise InputError(f"{path}: cannot be read: {reason}") from None


def write_json(path: Path, content: Any) -> None:
    """Replace a JSON file as SpecBench writes them: indented by 4, not ASCII-escaped, no newline
    at the end."""
    text = json.dumps(cleaned(content), indent=4, ensure_ascii=False)
    write_text(path, text)


def shown(value: object) -> str:
    """A wrong value as messages show it, on one line and not too long."""
    text = "null" if value is None else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
