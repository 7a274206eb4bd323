"""Compute what waits at the same time in one batch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Generic, TypeVar

from specloop.errors import ModelError, SpecloopError
from specloop.llm.tokens import named

T = TypeVar("T")
R = TypeVar("R")
W = TypeVar("W")
_Waiting = tuple[T, asyncio.Future[R]]
_GATHER_S = 0.01
"""Seconds to wait for other items before a batch begins."""


class Batching(Generic[T, R]):
    """Batches for `work`, at most `size` items each, on a thread of its own; used from one event
    loop at a time. Errors begin with `name`."""

    def __init__(self, work: Callable[[Sequence[T]], Sequence[R]], size: int, name: str) -> None:
        self._work, self._size, self._name = work, size, name
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._waiting: list[_Waiting[T, R]] = []
        self._server: asyncio.Task[None] | None = None

    async def result(self, item: T) -> R:
        """The result for an item, in a batch with others that wait."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._server is None or self._server.done():
            self._server = asyncio.create_task(self._serve())
        return await future

    async def alone(self, work: Callable[[], W]) -> W:
        """Something else on the same thread, between batches; ModelError for any error."""

        def run() -> W:
            with named(self._name):
                try:
                    return work()
                except SpecloopError:
                    raise
                except Exception as error:
                    raise ModelError(f"{type(error).__name__}: {error}") from error

        return await asyncio.get_running_loop().run_in_executor(self._thread, run)

    def close(self) -> None:
        """Give up waiting items. A running batch cannot be stopped; its thread ends by itself."""
        if self._server is not None:
            self._server.cancel()
        for _, future in self._waiting:
            future.cancel()
        self._waiting.clear()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _serve(self) -> None:
        await asyncio.sleep(_GATHER_S)
        while self._waiting:
            batch = self._waiting[: self._size]
            del self._waiting[: len(batch)]
            if awaited := [(item, future) for item, future in batch if not future.done()]:
                await self._compute(awaited)

    async def _compute(self, batch: Sequence[_Waiting[T, R]]) -> None:
        try:
            results = await self.alone(partial(self._work, [item for item, _ in batch]))
        except SpecloopError as error:
            await self._failed(batch, error)
        except asyncio.CancelledError:
            for _, future in batch:
                future.cancel()
            raise
        else:
            for (_, future), result in zip(batch, results, strict=True):
                if not future.done():
                    future.set_result(result)

    async def _failed(self, batch: Sequence[_Waiting[T, R]], error: SpecloopError) -> None:
        """Compute the items of a failed batch one by one: a bad one must not fail the others."""
        if len(batch) > 1:
            for single in batch:
                await self._compute([single])
        elif not batch[0][1].done():
            batch[0][1].set_exception(error)
