"""The calls of a run: each is made once, stored before its result is used, counted and limited.

A call that has left for the model is never given up because the one who asked is: it runs in a task
of its own, and closing waits for it. So a stage that stops early loses nothing that is paid for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

from specloop.errors import ModelError
from specloop.llm._commit import Writer
from specloop.llm.base import Reply, Usage
from specloop.llm.budget import Budget, Need, Stopping
from specloop.llm.cache import Call, CallCache
from specloop.llm.ledger import Ledger, Meter


class Files(NamedTuple):
    """Where finished calls and their cost are kept; both may be the same file."""

    cache: Path
    ledger: Path


class Ask(NamedTuple):
    """One call: its cache key, what makes it, the most that it may take, and who counts it."""

    key: str
    send: Callable[[], Awaitable[Reply]]
    need: Need
    meter: Meter


class Calls:
    """Made inside a running event loop and used from it alone."""

    def __init__(self, files: Files, ledger: Ledger, budget: Budget, stopping: Stopping) -> None:
        self.ledger, self.budget, self.stopping = ledger, budget, stopping
        self._cache = CallCache(files.cache)
        self._writer = Writer(files.cache, files.ledger, ledger)
        self._flights: dict[str, asyncio.Task[Reply]] = {}

    async def answer(self, ask: Ask) -> Reply:
        """The stored reply, that of the same call in flight, or a new one, stored before it is
        returned."""
        flight = self._flights.get(ask.key)
        while flight is None:
            stored = self._cache.get(ask.key)
            if stored is not None:
                return self._saved(ask, stored)
            if self.budget.admit(ask.need):
                return await asyncio.shield(self._start(ask))
            await self.budget.changed()
            flight = self._flights.get(ask.key)
        return self._saved(ask, await asyncio.shield(flight))

    def failed_attempt(self, meter: Meter) -> None:
        """Count an attempt that failed."""
        meter.failed_attempt()
        self._writer.note()

    async def drain(self, grace_s: float) -> None:
        """Wait for what is in flight; once the user has stopped the run, `grace_s` at most."""
        try:
            while self._flights and not self.stopping.interrupted:
                await asyncio.wait(set(self._flights.values()))
        finally:
            late = set(self._flights.values())
            if late:
                _, late = await asyncio.wait(late, timeout=grace_s)
            for flight in late:
                flight.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def aclose(self) -> None:
        """Store what is left."""
        try:
            await self._writer.aclose()
        finally:
            self._cache.close()

    def _saved(self, ask: Ask, reply: Reply) -> Reply:
        """Count a reply that costs nothing."""
        ask.meter.cached()
        self._writer.note()
        return reply

    def _start(self, ask: Ask) -> asyncio.Task[Reply]:
        flight = asyncio.get_running_loop().create_task(self._fly(ask))
        self._flights[ask.key] = flight

        def landed(_: asyncio.Task[Reply]) -> None:
            del self._flights[ask.key]
            mark_seen(flight)

        flight.add_done_callback(landed)
        return flight

    async def _fly(self, ask: Ask) -> Reply:
        ask.meter.begin()
        usage: Usage | None = None
        try:
            reply = await ask.send()
            usage = reply.usage
        except ModelError:
            ask.meter.failed()
            raise
        finally:
            ask.meter.end(usage)
            self.budget.leave(ask.need, usage)
            self._writer.note()
        model = ask.need.model
        await self._writer.put(Call(ask.key, model, int(time.time()), reply.model_dump_json()))
        self.stopping.n_finished += 1
        return reply


def mark_seen(task: asyncio.Task[Any]) -> None:
    """Count a failed task's exception as seen: whoever would have seen it may be gone."""
    if not task.cancelled():
        task.exception()
