"""What is remembered of servers: one small file in the user's cache folder, never with a key."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from specloop.errors import InputError, RunStoppedError
from specloop.files import read_file
from specloop.llm.backends.openai.dialect import Learnt, Server
from specloop.llm.files import cache_dir
from specloop.records import Value
from specloop.store import write_text


class Note(Value):
    """What a server is, what was learnt of it, and when (seconds since 1970)."""

    server: Server
    learnt: Learnt = Learnt()
    at: float = Field(default_factory=time.time)

    def is_younger(self, seconds: float) -> bool:
        """Whether it was written in the last seconds."""
        return 0 <= time.time() - self.at < seconds


def read_note(name: str) -> Note | None:
    """The note of a name; None where there is none that can be read."""
    try:
        return Note.model_validate(_notes().get(name))
    except ValidationError:
        return None


def write_note(name: str, note: Note) -> None:
    """Keep a note; a cache folder that cannot be written is no reason to stop."""
    notes = _notes() | {name: note.model_dump(mode="json", exclude_defaults=True)}
    with suppress(RunStoppedError):
        write_text(notes_file(), json.dumps(notes))


def notes_file() -> Path:
    """Where the notes lie."""
    return cache_dir() / "endpoints.json"


def _notes() -> dict[str, Any]:
    try:
        notes = json.loads(read_file(notes_file()))
    except (InputError, ValueError, RecursionError):
        return {}
    return notes if isinstance(notes, dict) else {}
