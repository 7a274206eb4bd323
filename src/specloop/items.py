"""The loop over the items of a stage: bounded, ordered, resumed, with failures counted."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import KW_ONLY, dataclass
from functools import partial
from itertools import chain, islice
from typing import Any, Generic, Protocol, TypeVar

from specloop.errors import ModelError
from specloop.progress import progress
from specloop.records import Failure, Record
from specloop.tolerance import Tolerance

T = TypeVar("T")
U = TypeVar("U")


class Executor(Protocol):
    """Does the work of a stage and yields (item, result) as they finish; an exception ends it
    all."""

    def __call__(
        self, work: Callable[[T], Awaitable[U]], items: Iterable[T]
    ) -> AsyncGenerator[tuple[T, U]]:
        """Do the work on every item."""
        ...


def local(limit: int) -> Executor:
    """Do the work in this process, on `limit` items at once."""
    return partial(bounded, limit=limit)


def _nothing(*_: Any) -> None:
    pass


@dataclass(frozen=True)
class Loop(Generic[T, U]):
    """How a stage goes over its items."""

    title: str
    stage: str
    name: Callable[[T], str]
    """What failure messages call an item."""
    executor: Executor
    max_failures: float = 1.0
    """The share of the items that may fail."""
    _: KW_ONLY
    n: int = 0
    """The number of items in all, if a call of `each` gets only a part of them."""
    left_out: type[ModelError] | tuple[()] = ()
    """Errors that leave an item out without counting as a failure."""
    record_id: Callable[[T], str] = lambda _: ""
    """The id of the record that was not made because of a failure."""
    earlier: Callable[[T], U | None] = _nothing
    """The result of an earlier run, if any."""
    failing: Callable[[U], str | Sequence[Failure]] = lambda _: ""
    """Why a result counts as failed although it is kept, or the failures within it."""
    record: Callable[[Sequence[Failure]], object] = _nothing
    """Gets each failure at once."""
    keep: Callable[[Sequence[tuple[T, U]]], object] = _nothing
    """Gets new results in the order of the items, each as soon as all before it are there."""
    seen: Callable[[T, U | Failure], str | None] = _nothing
    """Gets every result as it comes, after those of earlier runs; may stop the stage or return a
    note for the progress display."""

    def failure(self, item: T, reason: str | ModelError) -> Failure:
        """The failure record of an item."""
        return Failure(
            stage=self.stage,
            item=self.name(item),
            reason=str(reason),
            kind="left out" if isinstance(reason, self.left_out) else "failed",
            record=self.record_id(item),
        )


async def each(
    work: Callable[[T], Awaitable[U | Failure]], items: Sequence[T], loop: Loop[T, U]
) -> list[U | Failure]:
    """Do the work on every item that has no result yet, and return all results in the items' order.

    If a call failed, the failure is the item's result. RunStoppedError where too many failed;
    nothing more is asked then.
    """
    earlier = {place: loop.earlier(item) for place, item in enumerate(items)}
    results: dict[int, U | Failure] = {p: r for p, r in earlier.items() if r is not None}
    todo = [(place, item) for place, item in enumerate(items) if place not in results]
    for place, result in results.items() if todo else ():
        loop.seen(items[place], result)
    tolerance = Tolerance(loop.title, loop.n or len(items), loop.max_failures)

    async def attempt(numbered: tuple[int, T]) -> tuple[U | Failure, Sequence[Failure]]:
        tolerance.check()
        done = await _done(work, numbered[1], loop)
        tolerance.add(done[1])
        return done

    waiting = deque(todo)
    with progress(loop.title, len(todo)) as advance:
        async with aclosing(loop.executor(attempt, todo)) as finished:
            async for (place, item), (result, failures) in finished:
                results[place] = result
                if due := _due(waiting, results):
                    loop.keep(due)
                if failures:
                    loop.record(failures)
                notes = (loop.seen(item, result), tolerance.note)
                advance(1, ", ".join(note for note in notes if note))
    tolerance.check()
    return [results[place] for place in range(len(items))]


async def _done(
    work: Callable[[T], Awaitable[U | Failure]], item: T, loop: Loop[T, U]
) -> tuple[U | Failure, Sequence[Failure]]:
    """The result of an item, and the failures in it."""
    try:
        result = await work(item)
    except ModelError as error:
        result = loop.failure(item, error)
    failing = [result] if isinstance(result, Failure) else loop.failing(result)
    if isinstance(failing, str):
        failing = [loop.failure(item, failing)] if failing else []
    return result, failing


def _due(waiting: deque[tuple[int, T]], results: dict[int, U | Failure]) -> list[tuple[T, U]]:
    """The results before which none is missing, without failures."""
    due: list[tuple[T, U]] = []
    while waiting and waiting[0][0] in results:
        place, item = waiting.popleft()
        result = results[place]
        if not isinstance(result, Failure):
            due.append((item, result))
    return due


def failures_in(records: Iterable[Record]) -> list[Failure]:
    """The failures among records."""
    return [record for record in records if isinstance(record, Failure)]


def flat(results: Iterable[Sequence[Record] | Failure]) -> list[Record]:
    """All records of the results in a row."""
    lists = ([result] if isinstance(result, Failure) else result for result in results)
    return [record for records in lists for record in records]


async def bounded(
    work: Callable[[T], Awaitable[U]], items: Iterable[T], limit: int
) -> AsyncGenerator[tuple[T, U]]:
    """Run `work` on every item, at most `limit` at once; yields (item, result) as they finish.

    An exception in `work` ends it and cancels what still runs.
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
            event = await finished.get()
            if isinstance(event, asyncio.Task):
                n_running -= 1
                event.result()
            else:
                yield event
    finally:
        for task in workers:
            task.cancel()


async def at_once(work: Callable[[T], Awaitable[U]], items: Sequence[T]) -> dict[T, U]:
    """Run `work` on all items at once and return results by item. An exception ends all of them."""
    return dict([done async for done in bounded(work, items, max(1, len(items)))])


def mark_seen(ended: asyncio.Future[Any]) -> None:
    """Mark an exception as seen, because nobody may be left to await it."""
    if not ended.cancelled():
        ended.exception()
