"""Opening the files of finished calls."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from specloop.errors import InputError

BUSY_S = 60.0
"""How long one process waits for another's transaction."""


def connect(path: Path) -> sqlite3.Connection:
    """Open a file in WAL mode: what is committed outlives a killed process, and readers never wait.

    Safe to use from another thread than the one that opened it, one thread at a time. InputError
    where the file cannot be opened.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        db.execute("pragma journal_mode = wal")
        db.execute("pragma synchronous = normal")
    except (sqlite3.Error, OSError) as error:
        raise InputError(f"{path}: cannot be opened as a call cache ({error})") from None
    return db
