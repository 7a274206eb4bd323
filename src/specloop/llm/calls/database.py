"""Open the files of finished calls."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from specloop.batches import cannot_write
from specloop.errors import InputError, RunStoppedError
from specloop.files import check_file, is_there

BUSY_S = 60.0
"""Seconds that one process waits for another's transaction."""


KEEP = (
    "restore it, or move it to another folder together with its -wal and -shm files: its calls are "
    "then made, and paid for, again"
)
"""What to do about an unusable file of calls: it never says to delete what was paid for."""
_REMEDIES = {
    sqlite3.SQLITE_BUSY: "wait until no other process works with it",
    sqlite3.SQLITE_LOCKED: "wait until no other process works with it",
    sqlite3.SQLITE_READONLY: "make it and its folder writable",
    sqlite3.SQLITE_PERM: "make it and its folder writable",
    sqlite3.SQLITE_CANTOPEN: "see that the disk has room, the folder can be written and more files "
    "can be opened (ulimit -n), or name another folder",
}
_AT_ONCE = 500
_TABLES = frozenset({"calls", "ledger"})


def connect(path: Path) -> sqlite3.Connection:
    """Open a file in WAL mode: commits survive a killed process, and readers never wait.

    Another thread may use the connection, one thread at a time. InputError if the file cannot be
    opened or is another program's, RunStoppedError if the disk is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from None
    if is_there(path):
        check_file(path)
    with storing(path):
        db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        _to_wal(db, path)
        db.execute("pragma synchronous = normal")
    return db


@contextmanager
def storing(path: Path) -> Generator[None]:
    """Report SQLite's errors with the file's name and what to do.

    RunStoppedError if the disk refuses to store something, otherwise InputError.
    """
    try:
        yield
    except sqlite3.Error as error:
        if _by_disk(error):
            raise RunStoppedError(not_stored(path, error)) from None
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        raise InputError(
            f"{path}: cannot be used as a file of calls ({error}); {_REMEDIES.get(code, KEEP)}"
        ) from None


def not_stored(path: Path, error: Exception) -> str:
    """The error for the user when finished calls cannot be stored."""
    remedy = "free some space" if _by_disk(error) else "repair that"
    return (
        f"{path}: finished calls cannot be stored ({error}); {remedy} and run the same command "
        "again: all that was stored is kept"
    )


def _by_disk(error: Exception) -> bool:
    """Whether the disk is full or fails: for an index that cannot grow on a full disk, SQLite only
    reports an I/O error."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


def execute_for(db: sqlite3.Connection, statement: str, keys: Sequence[str]) -> list[Any]:
    """Run a statement for the rows of some keys, many at a time; returns its rows."""
    rows: list[Any] = []
    for start in range(0, len(keys), _AT_ONCE):
        part = keys[start : start + _AT_ONCE]
        places = ", ".join("?" * len(part))
        rows += db.execute(f"{statement} where key in ({places})", part).fetchall()
    return rows


def check_columns(db: sqlite3.Connection, path: Path, table: str, names: Sequence[str]) -> None:
    """InputError if a table was written by another version."""
    columns = [row[1] for row in db.execute(f"pragma table_info({table})")]
    if columns != list(names):
        raise InputError(
            f"{path}: its {table} were written by another version of specloop; use that version, "
            f"or {KEEP}"
        )


def _check_ours(db: sqlite3.Connection, path: Path) -> None:
    names = {name for (name,) in db.execute("select name from sqlite_master where type = 'table'")}
    if names and not names & _TABLES:
        raise InputError(f"{path}: the database of another program; name another folder")


def _to_wal(db: sqlite3.Connection, path: Path) -> None:
    """Switch to WAL mode, again and again: SQLite does not wait for another process that does."""
    end = time.monotonic() + BUSY_S
    while True:
        try:
            _check_ours(db, path)
            db.execute("pragma journal_mode = wal")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
        time.sleep(0.02)
