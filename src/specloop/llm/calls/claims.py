"""Claims decide which of several runs over one shared cache makes a call.

A claim is in the cache's file and is deleted in the transaction that stores the reply; the other
processes wait for that. Each process holds a lock on a file of its own beside the cache. The system
drops the lock when the process ends in any way, and others then take over its claims. Each process
also touches that file regularly: one that does not is stopped or frozen, and the others do not wait
for it.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import random
import sqlite3
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import IO, Literal

from specloop.batches import cannot_write
from specloop.llm.calls.database import BUSY_S, connect, execute_for, storing

TABLE = "create table if not exists {}claims (key text primary key, owner text not null)"
_POLL_S = 0.05
_AGAIN_S = 0.005
_TOUCH_S = 2.0
_FROZEN_S = 30.0

State = Literal["mine", "theirs", "stored"]


class Claims:
    """The claims of one process. Create and use them inside one running event loop."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._owner = uuid.uuid4().hex
        self._lock = _locked(self._lock_file(self._owner))
        self._db = connect(path)
        with storing(path):
            self._db.execute(TABLE.format(""))
            self._db.execute("pragma busy_timeout = 0")
        self._loop = asyncio.get_running_loop()
        self._claims: list[tuple[str, asyncio.Future[State]]] = []
        """Keys to claim, each with the future for the result."""
        self._dropped: list[str] = []
        self._due = False
        self._touched: dict[str, tuple[int, float]] = {}
        """When others last touched their file: the file's time, and this process's time."""
        self._touch()

    async def take(self, key: str) -> State:
        """Claim a call; `theirs` after a short wait if another process has it."""
        claimed: asyncio.Future[State] = self._loop.create_future()
        self._claims.append((key, claimed))
        self._soon()
        state = await claimed
        if state == "theirs":
            await asyncio.sleep(_POLL_S)
        return state

    def drop(self, key: str) -> None:
        """Give up the claim on a call."""
        self._dropped.append(key)
        self._soon()

    def close(self) -> None:
        """Give up all claims."""
        self._claims, self._dropped = [], []
        self._next_touch.cancel()
        with storing(self._path):
            self._db.execute(f"pragma busy_timeout = {int(1000 * BUSY_S)}")
            self._db.execute("delete from claims where owner = ?", (self._owner,))
        self._db.close()
        self._lock_file(self._owner).unlink(missing_ok=True)
        self._lock.close()

    def _soon(self) -> None:
        if not self._due:
            self._due = True
            self._loop.call_soon(self._settle)

    def _settle(self) -> None:
        """Settle all claims of this turn of the event loop in one transaction."""
        self._due = False
        claims, dropped = self._claims, self._dropped
        if not claims and not dropped:
            return
        try:
            states = self._states([key for key, _ in claims], dropped)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                # Another process is writing.
                self._due = True
                self._loop.call_later(random.uniform(0, _AGAIN_S), self._settle)
                return
            # If claims cannot be written, the calls are made; storing their replies will report
            # what is wrong.
            states = {}
        self._claims, self._dropped = [], []
        for key, claimed in claims:
            if not claimed.done():
                claimed.set_result(states.get(key, "mine"))

    def _states(self, keys: Sequence[str], dropped: Sequence[str]) -> dict[str, State]:
        owners = self._owners(keys)
        gone = {owner for owner in set(owners.values()) if self._is_gone(owner)}
        if not dropped and not gone and len(owners) == len(set(keys)):
            # Nothing to write: other processes still have all of them.
            return dict.fromkeys(owners, "theirs")
        with self._db as db:
            db.execute("begin immediate")
            drop = "delete from claims where key = ? and owner = ?"
            db.executemany(drop, [(key, self._owner) for key in dropped])
            db.executemany("delete from claims where owner = ?", [(owner,) for owner in gone])
            stored = {key for (key,) in execute_for(db, "select key from calls", keys)}
            free = [(key, self._owner) for key in keys if key not in stored]
            db.executemany("insert or ignore into claims values (?, ?)", free)
            owners = self._owners(keys)
        for owner in gone:
            if not self._is_held(owner):
                self._lock_file(owner).unlink(missing_ok=True)
        states: dict[str, State] = dict.fromkeys(stored, "stored")
        for key, owner in owners.items():
            states[key] = "mine" if owner == self._owner else "theirs"
        return states

    def _owners(self, keys: Sequence[str]) -> dict[str, str]:
        return dict(execute_for(self._db, "select key, owner from claims", keys))

    def _touch(self) -> None:
        with suppress(OSError):
            os.utime(self._lock.fileno())
        self._next_touch = self._loop.call_later(_TOUCH_S, self._touch)

    def _is_gone(self, owner: str) -> bool:
        return owner != self._owner and (not self._is_held(owner) or self._is_frozen(owner))

    def _is_held(self, owner: str) -> bool:
        try:
            with self._lock_file(owner).open("a") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return self._lock_file(owner).exists()
        return False

    def _is_frozen(self, owner: str) -> bool:
        # Use this process's own clock: file times may jump.
        with suppress(OSError):
            touched, now = self._lock_file(owner).stat().st_mtime_ns, monotonic()
            before, since = self._touched.get(owner, (0, now))
            if touched == before:
                return now - since > _FROZEN_S
            self._touched[owner] = touched, now
        return False

    def _lock_file(self, owner: str) -> Path:
        return self._path.with_name(f"{self._path.name}.{owner}.lock")


def _locked(path: Path) -> IO[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as error:
        raise cannot_write(path, error) from None
    return file
