"""Read a run's stored calls without creating or changing any file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from pydantic import ValidationError

from specloop.files import is_there
from specloop.llm.base import Reply


class StoredCalls:
    """The finished calls at the time of the first look; empty if the file does not exist or is not
    a file of calls."""

    def __init__(self, path: Path) -> None:
        self._cache = _opened(path)
        self._keys = set[str]()
        if self._cache:
            self._keys = {key for (key,) in _rows(self._cache, "select key from calls")}

    def get(self, key: str) -> Reply | None:
        """The stored reply, or None."""
        if self._cache is None or key not in self._keys:
            return None
        asked = "select reply from calls where key = ?"
        found = self._cache.execute(asked, (key,)).fetchone()
        try:
            return Reply.model_validate_json(found[0]) if found else None
        except ValidationError:
            return None

    def close(self) -> None:
        """Close the file."""
        if self._cache:
            self._cache.close()


def _opened(path: Path) -> sqlite3.Connection | None:
    if not is_there(path):
        return None
    # Without a log the file holds everything, and can be read without creating one.
    alone = not path.with_name(f"{path.name}-wal").exists()
    how = "immutable=1" if alone else "mode=ro"
    try:
        return sqlite3.connect(f"{path.resolve().as_uri()}?{how}", uri=True)
    except sqlite3.Error:
        return None


def _rows(db: sqlite3.Connection, asked: str) -> list[tuple[str, ...]]:
    try:
        return db.execute(asked).fetchall()
    except sqlite3.Error:
        return []
