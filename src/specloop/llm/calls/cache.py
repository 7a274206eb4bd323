"""Store finished model calls on disk (SQLite) before their result is used."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from specloop.errors import InputError, ModelError
from specloop.files import is_there
from specloop.llm.base import Reply
from specloop.llm.calls.database import KEEP, check_columns, connect, storing

FILE = "calls.sqlite"
_AT_ONCE = 100
_COLUMNS = ("key", "model", "created", "reply")


class Call(NamedTuple):
    """A finished call as it is stored; `created` is in seconds since 1970."""

    key: str
    model: str
    created: int
    reply: str
    """The reply as JSON."""


class CallCache:
    """Request key -> reply. Several processes may share a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = connect(path)
        with storing(path):
            self._db.execute(
                "create table if not exists calls (key text primary key, model text not null,"
                " created integer not null, reply text not null)"
            )
            check_columns(self._db, path, "calls", _COLUMNS)
        self._keys: set[str] = set()
        self._last_row = 0
        self.look()

    def look(self) -> None:
        """Note what any process has stored since the last look; `get` relies on it.

        Most calls of a run are new, and asking the file for each of them would take longer than
        the rest of the work on it.
        """
        with storing(self.path):
            new = "select rowid, key from calls where rowid > ? order by rowid"
            for row, key in self._db.execute(new, (self._last_row,)):
                self._keys.add(key)
                self._last_row = row

    def note(self, key: str) -> None:
        """Note that this process has stored a call."""
        self._keys.add(key)

    def get(self, key: str) -> Reply | None:
        """The stored reply, or None."""
        if key not in self._keys:
            return None
        try:
            with storing(self.path):
                return _reply(self._db, key)
        except ValidationError:
            raise ModelError(f"{self.path}: a stored reply cannot be read; {KEEP}") from None

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class StoredCalls:
    """The calls that are stored at this moment, read without creating or changing any file; none
    if the file does not exist or is not a file of calls."""

    def __init__(self, path: Path) -> None:
        self._db: sqlite3.Connection | None = None
        self._keys = set[str]()
        if not is_there(path):
            return
        # Without a log the file holds everything, and can be read without creating one.
        alone = not path.with_name(f"{path.name}-wal").exists()
        how = "immutable=1" if alone else "mode=ro"
        with suppress(sqlite3.Error):
            self._db = sqlite3.connect(f"{path.resolve().as_uri()}?{how}", uri=True)
            self._keys = {key for (key,) in self._db.execute("select key from calls")}

    def get(self, key: str) -> Reply | None:
        """The stored reply; None also if it cannot be read."""
        if self._db is None or key not in self._keys:
            return None
        try:
            return _reply(self._db, key)
        except ValidationError:
            return None

    def close(self) -> None:
        """Close the file."""
        if self._db:
            self._db.close()


def _reply(db: sqlite3.Connection, key: str) -> Reply | None:
    row = db.execute("select reply from calls where key = ?", (key,)).fetchone()
    return None if row is None else Reply.model_validate_json(row[0])


def add_calls(db: sqlite3.Connection, schema: str, calls: Sequence[Call]) -> None:
    """Store calls; the first reply to a request stays. The caller holds the transaction."""
    for start in range(0, len(calls), _AT_ONCE):
        part = calls[start : start + _AT_ONCE]
        # One statement for all rows: SQLite then waits for Python's lock only once.
        rows = ", ".join(["(?, ?, ?, ?)"] * len(part))
        values = [value for call in part for value in call]
        db.execute(f"insert or ignore into {schema}.calls values {rows}", values)


class ModelShare(NamedTuple):
    """What a cache holds for one model; times in seconds since 1970."""

    model: str
    n_calls: int
    n_bytes: int
    oldest: int
    newest: int


def cache_info(path: Path) -> list[ModelShare]:
    """What the cache holds, by model."""
    with storing(path), closing(_existing(path)) as db:
        rows = db.execute(
            "select model, count(*), sum(length(cast(reply as blob))), min(created), max(created)"
            " from calls group by model order by model"
        ).fetchall()
    return [ModelShare(*row) for row in rows]


def prune(path: Path, before: int | None, model: str | None) -> int:
    """Drop calls by time (before, in seconds since 1970), model or both; returns how many."""
    where = "(? is null or created < ?) and (? is null or model = ?)"
    with storing(path), closing(_existing(path)) as db:
        n = db.execute(f"delete from calls where {where}", (before, before, model, model)).rowcount
        db.execute("vacuum")
        return n


def _existing(path: Path) -> sqlite3.Connection:
    if not is_there(path):
        raise InputError(f"{path}: no call cache there; give a run folder or a shared cache folder")
    CallCache(path).close()
    return connect(path)
