"""Wrappers: each is a Model around a Model. `bounded` limits how many calls are in flight."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

from specloop.llm.base import Capabilities, Model, Reply, Request
from specloop.llm.cache import CallCache
from specloop.records import Cost, Message

T = TypeVar("T")
U = TypeVar("U")


class Wrapper:
    """Passes everything on; the wrappers below override `generate`."""

    def __init__(self, inner: Model) -> None:
        self.inner = inner
        self.name = inner.name

    @property
    def capabilities(self) -> Capabilities:
        """What the model inside can do."""
        return self.inner.capabilities

    async def aopen(self) -> None:
        """Open the model inside."""
        await self.inner.aopen()

    async def generate(self, request: Request) -> Reply:
        """Pass the request on."""
        return await self.inner.generate(request)

    async def score(self, messages: Sequence[Message], continuation: str) -> tuple[float, ...]:
        """Pass the scoring on."""
        return await self.inner.score(messages, continuation)

    async def aclose(self) -> None:
        """Close the model inside."""
        await self.inner.aclose()


class Meter:
    """Counts what calls cost, from outside: no strategy adds up tokens."""

    def __init__(self) -> None:
        self.cost = Cost()
        self._start = time.monotonic()

    def add(self, reply: Reply, *, cached: bool) -> None:
        """Count one reply; a cached one costs no tokens."""
        spent = self.cost
        self.cost = Cost(
            n_calls=spent.n_calls + 1,
            n_cached=spent.n_cached + cached,
            prompt_tokens=spent.prompt_tokens + (0 if cached else reply.usage.prompt_tokens),
            completion_tokens=spent.completion_tokens
            + (0 if cached else reply.usage.completion_tokens),
            wall_s=round(time.monotonic() - self._start, 3),
        )


class Cached(Wrapper):
    """Answers from the call cache where it can; counts every call on the meter."""

    def __init__(self, inner: Model, cache: CallCache, meter: Meter) -> None:
        super().__init__(inner)
        self._cache = cache
        self._meter = meter

    async def generate(self, request: Request) -> Reply:
        """The stored reply, or a new one, stored before it is returned."""
        key = request.key(self.name)
        reply = self._cache.get(key)
        cached = reply is not None
        if reply is None:
            reply = await self.inner.generate(request)
            self._cache.put(key, reply)
        self._meter.add(reply, cached=cached)
        return reply


async def bounded(
    work: Callable[[T], Awaitable[U]], items: Iterable[T], limit: int
) -> AsyncIterator[tuple[T, U]]:
    """Run `work` on every item, at most `limit` at once; yields (item, result) as they finish."""
    waiting = iter(items)
    running: dict[asyncio.Task[U], T] = {}

    def start() -> None:
        for item in waiting:
            running[asyncio.ensure_future(work(item))] = item
            if len(running) >= limit:
                return

    try:
        start()
        while running:
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                yield running.pop(task), task.result()
            start()
    finally:
        for task in running:
            task.cancel()
