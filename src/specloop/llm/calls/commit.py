"""Group commit: calls that finish in the same turn of the event loop are written in one
transaction.

The loop writes them itself, which is faster than using a thread or waiting for more: in WAL mode a
commit does not wait for the disk. A thread does what may take long: moving the log into the file,
and transactions that have to wait for another process. Each call continues after its commit.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import NamedTuple

from specloop.batches import check_same
from specloop.errors import RunStoppedError
from specloop.llm.calls.cache import Call, add_calls
from specloop.llm.calls.claims import TABLE as CLAIMS
from specloop.llm.calls.database import BUSY_S, connect, execute_for, not_stored, storing
from specloop.llm.calls.ledger import ADD, TABLE, Ledger, Row

_BATCHES_TO_MOVE = 200
"""How many transactions before the log is moved into the file."""


class _Batch(NamedTuple):
    calls: Sequence[Call]
    counted: list[Row]
    waiting: Sequence[asyncio.Future[None]]


class Writer:
    """Stores calls with their cost. Create and use it inside one running event loop."""

    def __init__(self, cache: Path, ledger_path: Path, ledger: Ledger) -> None:
        self._path, self._ledger = cache, ledger
        self._schema = "main" if cache == ledger_path else "shared"
        self._loop = asyncio.get_running_loop()
        self._calls: list[Call] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._due = False
        self._n_batches = 0
        self._hasty = _connected(cache, ledger_path, wait_s=0)
        self._patient = _connected(cache, ledger_path, wait_s=BUSY_S)
        self._opened = {path: path.stat() for path in (cache, ledger_path)}
        self._batches: SimpleQueue[_Batch | None] = SimpleQueue()
        # A daemon thread, so that a process can end without waiting for it.
        self._thread = Thread(target=self._work, name="call-writer", daemon=True)
        self._thread.start()

    def put(self, call: Call) -> asyncio.Future[None]:
        """Store a call: done once it is stored; RunStoppedError if it cannot be."""
        self._calls.append(call)
        self.note()
        return self._all_stored()

    def note(self) -> None:
        """Store the changed ledger with the next batch."""
        if not self._due:
            self._due = True
            self._loop.call_soon(self._store)

    def version(self) -> int:
        """A number that changes when another process has stored calls.

        RunStoppedError if the files have been moved or removed.
        """
        for path, opened in self._opened.items():
            check_same(path, opened)
        with storing(self._path):
            return self._hasty.execute(f"pragma {self._schema}.data_version").fetchone()[0]

    async def aclose(self) -> None:
        """Store the rest and end the thread."""
        last = self._all_stored()
        self._batches.put(self._collected())
        self._batches.put(None)
        try:
            await last
        finally:
            self._thread.join()
            self._hasty.close()

    def _all_stored(self) -> asyncio.Future[None]:
        """Done once everything so far is stored; RunStoppedError if it cannot be."""
        stored: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append(stored)
        return stored

    def _collected(self) -> _Batch:
        batch = _Batch(self._calls, self._ledger.unsaved(), self._waiting)
        self._calls, self._waiting = [], []
        return batch

    def _store(self) -> None:
        self._due = False
        batch = self._collected()
        if not batch.counted and not batch.waiting:
            return
        try:
            self._commit(self._hasty, batch)
        except Exception:
            # Most likely another process is writing; the thread waits, and reports any error.
            self._batches.put(batch)
            return
        _settle(batch.waiting, "")
        self._n_batches += 1
        if self._n_batches % _BATCHES_TO_MOVE == 0:
            self._batches.put(_NOTHING)

    def _commit(self, db: sqlite3.Connection, batch: _Batch) -> None:
        """Store a batch in one transaction, which also ends the claims on its calls."""
        with db:
            db.execute("begin immediate")
            db.executemany(ADD, batch.counted)
            add_calls(db, self._schema, batch.calls)
            if self._schema == "shared":
                execute_for(db, "delete from shared.claims", [call.key for call in batch.calls])

    def _work(self) -> None:
        while (batch := self._batches.get()) is not None:
            problem = ""
            try:
                self._commit(self._patient, batch)
                # Move the logs into the files, as far as no reader needs them.
                self._patient.execute("pragma wal_checkpoint(passive)").fetchall()
            except Exception as caught:  # on any error, no call may wait for ever
                problem = not_stored(self._path, caught)
            if batch.waiting:
                self._loop.call_soon_threadsafe(_settle, batch.waiting, problem)
        self._patient.close()


def _connected(cache: Path, ledger: Path, wait_s: float) -> sqlite3.Connection:
    """A connection to the files of calls and counts."""
    db = connect(ledger)
    with storing(ledger):
        db.execute(TABLE)
        if cache != ledger:
            db.execute("attach database ? as shared", (str(cache),))
            db.execute("pragma shared.synchronous = normal")
            db.execute(CLAIMS.format("shared."))
        db.execute("pragma wal_autocheckpoint = 0")
        db.execute(f"pragma busy_timeout = {int(1000 * wait_s)}")
    return db


_NOTHING = _Batch((), [], ())


def _settle(waiting: Sequence[asyncio.Future[None]], problem: str) -> None:
    for stored in waiting:
        if stored.done():
            continue
        if problem:
            stored.set_exception(RunStoppedError(problem))
        else:
            stored.set_result(None)
