"""What is remembered of servers: one small file in the user's cache folder, never with a key."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from specloop.errors import InputError
from specloop.files import read_file
from specloop.llm.files import cache_dir
from specloop.scrub import scrub_value


def read_note(name: str) -> Any:
    """What was noted under a name; None where nothing was or it cannot be read."""
    return _notes().get(name)


def write_note(name: str, value: Any) -> None:
    """Note a JSON value; a cache folder that cannot be written is no reason to stop."""
    path = notes_file()
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(scrub_value(_notes() | {name: value})), encoding="utf-8")
        fresh.replace(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def notes_file() -> Path:
    """Where they lie."""
    return cache_dir() / "endpoints.json"


def _notes() -> dict[str, Any]:
    try:
        notes = json.loads(read_file(notes_file()))
    except (InputError, ValueError, RecursionError):
        return {}
    return notes if isinstance(notes, dict) else {}
