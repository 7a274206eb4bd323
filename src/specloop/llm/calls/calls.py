"""A run's calls: each is made once, stored before its result is used, counted and limited.

A call that has started is not cancelled with its caller: it runs in a task of its own, and closing
waits for it. So a stage that stops early loses nothing that is paid for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import NamedTuple

from specloop.config import Limits, Price
from specloop.errors import ModelError
from specloop.items import mark_seen
from specloop.llm.base import Reply, without_keys
from specloop.llm.calls.budget import Budget, Need, Stopping
from specloop.llm.calls.cache import Call, CallCache
from specloop.llm.calls.claims import Claims
from specloop.llm.calls.commit import Writer
from specloop.llm.calls.ledger import Ledger, Meter

_REPLAYS: ContextVar[list[str]] = ContextVar("_REPLAYS")


@contextmanager
def replays() -> Generator[list[str]]:
    """The keys of the calls in the body that were made before: how long they took is not known."""
    keys: list[str] = []
    token = _REPLAYS.set(keys)
    try:
        yield keys
    finally:
        _REPLAYS.reset(token)


class Files(NamedTuple):
    """The files for finished calls and for their cost; both may be the same file."""

    cache: Path
    ledger: Path


Send = Callable[[], Awaitable[Reply]]
"""Makes a call."""


class Calls:
    """Makes and stores calls. Create and use it inside one running event loop."""

    def __init__(
        self, files: Files, limits: Limits, prices: Mapping[str, Price], stopping: Stopping
    ) -> None:
        self.ledger, self.stopping = Ledger(files.ledger), stopping
        self.budget = Budget(limits, prices, self.ledger.earlier, stopping)
        self._cache = CallCache(files.cache)
        self._writer = Writer(files.cache, files.ledger, self.ledger)
        self._claims = Claims(files.cache) if files.cache != files.ledger else None
        self._flights: dict[str, asyncio.Task[Reply]] = {}
        self._looked, self._version = False, self._writer.version()
        self._cache.look()

    async def answer(self, key: str, send: Send, need: Need, meter: Meter) -> Reply:
        """The reply: a stored one, that of the same call in flight, or a new one, stored first."""
        while key not in self._flights:
            stored = self._stored(key)
            if stored is not None:
                _REPLAYS.get([]).append(key)
                return self._saved(meter, stored)
            if self._claims is None or await self._claimed(key):
                if self.budget.admit(need):
                    task = asyncio.create_task(self._fly(key, send, need, meter))
                    task.add_done_callback(mark_seen)
                    self._flights[key] = task
                    return await asyncio.shield(task)
                await self.budget.changed()
        return self._saved(meter, await asyncio.shield(self._flights[key]))

    async def _claimed(self, key: str) -> bool:
        """Whether this process should make the call, and none of its tasks is making it."""
        assert self._claims is not None
        state = await self._claims.take(key)
        if state == "stored":
            self._cache.note(key)
        # A stopped run does not wait for other processes.
        return key not in self._flights and (state == "mine" or bool(self.stopping.reason))

    def failed_attempt(self, meter: Meter, error: ModelError | None = None) -> None:
        """Count a failed attempt. RunStoppedError if the server may bill it and too little is left
        for another one."""
        meter.failed_attempt()
        self._writer.note()
        if error is not None and error.may_be_billed:
            meter.took(self.budget.may_be_billed(meter.model, meter.role))
            self.budget.check()

    async def drain(self, grace_s: float) -> None:
        """Wait for calls in flight; if the user has stopped the run, at most for `grace_s`."""
        try:
            while self._flights and not self.stopping.interrupted:
                await asyncio.wait(self._flights.values())
        finally:
            if self._flights:
                await asyncio.wait(self._flights.values(), timeout=grace_s)
            tasks = list(self._flights.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def aclose(self) -> None:
        """Store what is left."""
        try:
            await self._writer.aclose()
        finally:
            self._cache.close()
            if self._claims is not None:
                self._claims.close()

    def _stored(self, key: str) -> Reply | None:
        """The stored reply, of other processes too: they are looked for once a turn of the loop."""
        if not self._looked:
            self._looked = True
            if (version := self._writer.version()) != self._version:
                self._version = version
                self._cache.look()
            asyncio.get_running_loop().call_soon(setattr, self, "_looked", False)
        return self._cache.get(key)

    def _saved(self, meter: Meter, reply: Reply) -> Reply:
        """Count a reply that costs nothing."""
        meter.cached()
        self._writer.note()
        return reply

    async def _fly(self, key: str, send: Send, need: Need, meter: Meter) -> Reply:
        meter.begin()
        answer: Reply | None = None
        try:
            answer = reply = without_keys(await send())
            content = reply.model_dump_json()
        except BaseException as error:
            if isinstance(error, ModelError):
                meter.failed()
            del self._flights[key]
            if self._claims is not None:
                self._claims.drop(key)
            raise
        finally:
            meter.end(self.budget.leave(need, answer))
            self._writer.note()
        try:
            await self._writer.put(Call(key, need.model, int(time.time()), content))
        finally:
            del self._flights[key]
        self._cache.note(key)
        self.stopping.n_finished += 1
        return reply
