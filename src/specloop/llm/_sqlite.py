"""Opening the files of finished calls."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from specloop.batches import cannot_write
from specloop.errors import InputError, RunStoppedError

BUSY_S = 60.0
"""How long one process waits for another's transaction."""


def connect(path: Path) -> sqlite3.Connection:
    """Open a file in WAL mode: what is committed outlives a killed process, and readers never wait.

    Safe to use from another thread than the one that opened it, one thread at a time. InputError
    where the file cannot be opened, RunStoppedError where the disk has no place for it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from None
    try:
        with storing(path):
            db = sqlite3.connect(
                path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
            )
            _to_wal(db)
            db.execute("pragma synchronous = normal")
    except sqlite3.Error as error:
        raise InputError(f"{path}: cannot be opened as a call cache ({error})") from None
    return db


@contextmanager
def storing(path: Path) -> Generator[None]:
    """RunStoppedError where the disk refuses to store something in a file of calls."""
    try:
        yield
    except sqlite3.Error as error:
        if not _by_disk(error):
            raise
        raise RunStoppedError(not_stored(path, error)) from None


def not_stored(path: Path, error: Exception) -> str:
    """What the user is told where finished calls cannot be stored."""
    remedy = "free some space" if _by_disk(error) else "mend that"
    return (
        f"{path}: finished calls cannot be stored ({error}); {remedy} and run the same command "
        "again: all that was stored is kept"
    )


def _by_disk(error: Exception) -> bool:
    """Whether the disk is full or fails: where the file's index is to grow on a full disk, SQLite
    tells of an I/O error alone."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


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
