"""Group commit: what finishes within the same moment is written in one transaction by one thread.

The event loop only collects: no call pays a thread hop of its own, and SQLite's work runs beside
the loop. Each waiting call goes on after its commit.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import NamedTuple

from specloop.errors import RunStoppedError
from specloop.llm._sqlite import connect
from specloop.llm.cache import Call, add_calls
from specloop.llm.ledger import TABLE, Ledger, Row, add_rows

TICK_S = 0.002
"""How long calls are collected: 1% of a call of 200 ms."""


class _Batch(NamedTuple):
    calls: Sequence[Call]
    counted: list[Row]
    waiting: Sequence[asyncio.Future[None]]


class Writer:
    """Stores calls with what they cost. Made inside a running event loop and used from it alone."""

    def __init__(self, cache: Path, ledger_path: Path, ledger: Ledger) -> None:
        self._path, self._ledger = cache, ledger
        self._loop = asyncio.get_running_loop()
        self._calls: list[Call] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._due = False
        self._batches: SimpleQueue[_Batch | None] = SimpleQueue()
        self._db = connect(ledger_path)
        self._db.execute(TABLE)
        self._schema = "main"
        if cache != ledger_path:
            self._db.execute("attach database ? as shared", (str(cache),))
            self._schema = "shared"
        # A daemon: a process that is told to end at once does not wait for it.
        self._thread = Thread(target=self._work, name="call-writer", daemon=True)
        self._thread.start()

    def put(self, call: Call) -> asyncio.Future[None]:
        """Store a call; the future is done when it is committed, RunStoppedError if it cannot."""
        future = self._loop.create_future()
        self._calls.append(call)
        self._waiting.append(future)
        self.note()
        return future

    def note(self) -> None:
        """The ledger has changed: store it with the next batch."""
        if not self._due:
            self._due = True
            self._loop.call_later(TICK_S, self._hand_over)

    async def aclose(self) -> None:
        """Store what is left and end the thread."""
        last = self._loop.create_future()
        self._waiting.append(last)
        self._hand_over()
        self._batches.put(None)
        try:
            await last
        finally:
            self._thread.join()

    def _hand_over(self) -> None:
        self._due = False
        counted = self._ledger.unsaved()
        if counted or self._waiting:
            self._batches.put(_Batch(self._calls, counted, self._waiting))
            self._calls, self._waiting = [], []

    def _work(self) -> None:
        while (batch := self._batches.get()) is not None:
            error = None
            try:
                self._commit(batch)
            except sqlite3.Error as caught:
                error = f"{self._path}: finished calls cannot be stored ({caught})"
            self._loop.call_soon_threadsafe(_settle, batch.waiting, error)
        self._db.close()

    def _commit(self, batch: _Batch) -> None:
        with self._db as db:
            db.execute("begin immediate")
            add_rows(db, batch.counted)
            add_calls(db, self._schema, batch.calls)


def _settle(waiting: Sequence[asyncio.Future[None]], error: str | None) -> None:
    for future in waiting:
        if future.done():
            continue
        if error:
            future.set_exception(RunStoppedError(f"{error}; mend that and run it again"))
        else:
            future.set_result(None)
