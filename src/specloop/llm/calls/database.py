"""Opening the files of finished calls."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from specloop.batches import cannot_write
from specloop.errors import InputError, RunStoppedError
from specloop.files import check_file, is_there

BUSY_S = 60.0
"""How long one process waits for another's transaction."""


KEEP = (
    "restore it, or move it to another folder together with its -wal and -shm files: its calls are "
    "then made, and paid for, again"
)
"""What to do about a file of calls that cannot be used: never to delete what was paid for."""
_REMEDIES = {
    sqlite3.SQLITE_BUSY: "wait until no other process works with it",
    sqlite3.SQLITE_LOCKED: "wait until no other process works with it",
    sqlite3.SQLITE_READONLY: "make it and its folder writable",
    sqlite3.SQLITE_PERM: "make it and its folder writable",
    sqlite3.SQLITE_CANTOPEN: "see that the disk has room, the folder can be written and more files "
    "can be opened (ulimit -n), or name another folder",
}
_TABLES = frozenset({"calls", "ledger"})


def connect(path: Path) -> sqlite3.Connection:
    """Open a file in WAL mode: what is committed outlives a killed process, and readers never wait.

    Safe to use from another thread than the one that opened it, one thread at a time. InputError
    where the file cannot be opened or is another program's, RunStoppedError where the disk has no
    place for it.
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
    """Whatever SQLite finds wrong with a file of calls is told with its name and what to do:
    RunStoppedError where the disk refuses to store something, else InputError."""
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
    """What the user is told where finished calls cannot be stored."""
    remedy = "free some space" if _by_disk(error) else "repair that"
    return (
        f"{path}: finished calls cannot be stored ({error}); {remedy} and run the same command "
        "again: all that was stored is kept"
    )


def _by_disk(error: Exception) -> bool:
    """Whether the disk is full or fails: where the file's index is to grow on a full disk, SQLite
    tells of an I/O error alone."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


def check_columns(db: sqlite3.Connection, path: Path, table: str, wanted: Sequence[str]) -> None:
    """InputError where a table was written by another version."""
    found = [row[1] for row in db.execute(f"pragma table_info({table})")]
    if found != list(wanted):
        raise InputError(
            f"{path}: its {table} were written by another version of specloop; use that version, "
            f"or {KEEP}"
        )


def _check_ours(db: sqlite3.Connection, path: Path) -> None:
    names = {name for (name,) in db.execute("select name from sqlite_master where type = 'table'")}
    if names and not names & _TABLES:
        raise InputError(f"{path}: the database of another program; name another folder")


def _to_wal(db: sqlite3.Connection, path: Path) -> None:
    """Switch to WAL mode; where another process is just switching too, SQLite does not wait by
    itself."""
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
