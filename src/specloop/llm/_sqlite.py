"""Opening the files of finished calls."""

from __future__ import annotations

import sqlite3
import time
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
        _to_wal(db)
        db.execute("pragma synchronous = normal")
    except (sqlite3.Error, OSError) as error:
        raise InputError(f"{path}: cannot be opened as a call cache ({error})") from None
    return db


def _to_wal(db: sqlite3.Connection) -> None:
    """Switch to WAL mode; where another process is just switching too, SQLite does not wait by
    itself."""
    end = time.monotonic() + BUSY_S
    while True:
        try:
            db.execute("pragma journal_mode = wal")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
        time.sleep(0.02)
