"""The loop over the items of a stage."""

# pyright: basic
from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest

from specloop.errors import ModelError, RunStoppedError
from specloop.items import Loop, each, local
from specloop.records import Failure


def loop(**given: Any) -> Loop[int, int]:
    return Loop(
        **({"title": "doubles", "stage": "synth", "name": str, "executor": local(4)} | given)
    )


async def double(n: int) -> int:
    await asyncio.sleep(0.001 * (7 * n % 5))
    return 2 * n


async def test_results_come_and_are_kept_in_the_order_of_the_items() -> None:
    kept: list[tuple[int, int]] = []
    items = [5, 3, 9, 0, 7, 1, 8]
    assert await each(double, items, loop(keep=kept.extend)) == [2 * n for n in items]
    assert kept == [(n, 2 * n) for n in items]


async def test_what_an_earlier_run_has_brought_is_not_done_again() -> None:
    done: list[int] = []
    kept: list[tuple[int, int]] = []
    seen: list[tuple[int, int]] = []

    async def work(n: int) -> int:
        done.append(n)
        return await double(n)

    def see(n: int, result: int | Failure) -> None:
        assert isinstance(result, int)
        seen.append((n, result))

    known = {1: 100, 3: 300}.get
    assert await each(work, range(5), loop(earlier=known, keep=kept.extend, seen=see)) == [
        *(0, 100, 4, 300, 8)
    ]
    assert sorted(done) == [0, 2, 4]
    assert kept == [(0, 0), (2, 4), (4, 8)]
    assert seen[:2] == [(1, 100), (3, 300)]
    seen.clear()
    await each(work, [1, 3], loop(earlier=known, seen=see))
    assert seen == []


async def test_a_failure_is_recorded_at_once_and_holds_its_items_place() -> None:
    recorded: dict[str, str] = {}
    all_recorded = asyncio.Event()
    kept: list[tuple[int, int]] = []
    left_out = Failure(stage="synth", item="4", reason="nothing to keep", kind="left out")

    async def work(n: int) -> int | Failure:
        if n == 0:
            await all_recorded.wait()
        if n == 2:
            raise ModelError("no answer")
        return left_out if n == 4 else n

    def record(failures: Sequence[Failure]) -> None:
        recorded.update((failure.item, failure.reason) for failure in failures)
        if len(recorded) == 3:
            all_recorded.set()

    given = loop(record=record, keep=kept.extend, failing=lambda n: "odd" if n == 5 else "")
    results = await each(work, range(6), given)
    assert results == [0, 1, given.failure(2, "no answer"), 3, left_out, 5]
    assert kept == [(0, 0), (1, 1), (3, 3), (5, 5)]
    assert recorded == {"2": "no answer", "4": "nothing to keep", "5": "odd"}


async def test_nothing_more_is_asked_once_too_many_have_failed() -> None:
    n_asked = 0

    async def work(n: int) -> int:
        nonlocal n_asked
        n_asked += 1
        raise ModelError(f"no {n}")

    given = loop(max_failures=0.1)
    with pytest.raises(RunStoppedError, match="doubles: 11 of 100 failed, stopped there: no "):
        await each(work, range(100), given)
    assert n_asked == 11
    assert len(asyncio.all_tasks()) == 1


async def test_a_stage_that_is_stopped_keeps_what_came_and_cancels_the_rest() -> None:
    kept: list[tuple[int, int]] = []

    async def work(n: int) -> int:
        await asyncio.sleep(10 if n > 2 else 0)
        return n

    def seen(n: int, _: int | Failure) -> None:
        if n == 2:
            raise RunStoppedError("enough")

    with pytest.raises(RunStoppedError, match="enough"):
        await each(work, range(6), loop(keep=kept.extend, seen=seen))
    assert kept == [(n, n) for n in range(3)]
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == 1


async def elsewhere(work: Any, items: Any) -> AsyncGenerator[Any]:
    """Workers that bring their results in another order."""
    for item in reversed(list(items)):
        yield item, await work(item)


async def test_others_can_do_the_work() -> None:
    kept: list[tuple[int, int]] = []
    assert await each(double, range(4), loop(executor=elsewhere, keep=kept.extend)) == [
        0,
        2,
        4,
        6,
    ]
    assert kept == [(n, 2 * n) for n in range(4)]
