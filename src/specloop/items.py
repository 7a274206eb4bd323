"""Work on many items at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from itertools import chain, islice
from typing import Any, TypeVar

T = TypeVar("T")
U = TypeVar("U")


async def bounded(
    work: Callable[[T], Awaitable[U]], items: Iterable[T], limit: int
) -> AsyncGenerator[tuple[T, U]]:
    """Run `work` on every item, at most `limit` at once; yields (item, result) as they finish.

    An exception in `work` ends it; what still runs is then cancelled.
    """
    waiting = iter(items)
    finished: asyncio.Queue[tuple[T, U] | asyncio.Task[None]] = asyncio.Queue()

    async def worker(first: T) -> None:
        for item in chain((first,), waiting):
            finished.put_nowait((item, await work(item)))

    def ended(task: asyncio.Task[None]) -> None:
        mark_seen(task)
        finished.put_nowait(task)

    workers = [asyncio.create_task(worker(item)) for item in islice(waiting, limit)]
    for task in workers:
        task.add_done_callback(ended)
    n_running = len(workers)
    try:
        while n_running:
            got = await finished.get()
            if isinstance(got, asyncio.Task):
                n_running -= 1
                got.result()
            else:
                yield got
    finally:
        for task in workers:
            task.cancel()


def mark_seen(ended: asyncio.Future[Any]) -> None:
    """Count an exception as seen: whoever would have seen it may be gone."""
    if not ended.cancelled():
        ended.exception()
