"""Finished model calls on disk (SQLite), stored before their result is used."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from specloop.llm.base import Reply


class CallCache:
    """Request key -> reply. Each `put` is committed before it returns, so a killed run pays for no
    call twice."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        self._db.execute(
            "create table if not exists calls (key text primary key, reply text not null)"
        )

    def get(self, key: str) -> Reply | None:
        """The stored reply, or None."""
        row = self._db.execute("select reply from calls where key = ?", (key,)).fetchone()
        return Reply.model_validate_json(row[0]) if row else None

    def put(self, key: str, reply: Reply) -> None:
        """Store a reply."""
        self._db.execute(
            "insert or ignore into calls values (?, ?)", (key, reply.model_dump_json())
        )

    def close(self) -> None:
        """Close the file."""
        self._db.close()
