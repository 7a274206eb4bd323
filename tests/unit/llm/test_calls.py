"""Finished calls: stored before they are used, made once, counted and limited."""

# pyright: basic
from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.conftest import ROOT

from specloop.config import Limits, Price
from specloop.errors import InputError, ModelError, RunStoppedError, TransientModelError
from specloop.items import bounded
from specloop.llm.backends.scripted import ScriptedModel
from specloop.llm.base import Model, Reply, Request, Usage
from specloop.llm.calls.budget import Stopping, check_price
from specloop.llm.calls.calls import Calls, Files
from specloop.llm.calls.ledger import read_ledger
from specloop.llm.calls.retry import Retrying, RetryPolicy
from specloop.llm.calls.wrap import Cached
from specloop.records import Message, Sampling


class SlowModel(ScriptedModel):
    """Answers when told to; counts what is in flight."""

    def __init__(self, delay_s: float = 0.0, usage: Usage | None = None) -> None:
        super().__init__(lambda request: f"reply {request.sampling.seed}", "openai:slow")
        self.delay_s = delay_s
        self.usage = usage or Usage(prompt_tokens=10, completion_tokens=5)
        self.now = self.most = 0

    async def generate(self, request: Request) -> Reply:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(self.delay_s)
        finally:
            self.now -= 1
        reply = await super().generate(request)
        return reply.model_copy(update={"usage": self.usage})


def a_request(seed: int = 0, max_tokens: int = 20) -> Request:
    messages = (Message(role="user", content="How are the roses?"),)
    return Request(messages=messages, sampling=Sampling(seed=seed, max_tokens=max_tokens))


Opened = tuple[Model, Calls]


@asynccontextmanager
async def opened(
    path: Path, inner: Model, limits: Limits | None = None, prices=None, ledger: Path | None = None
) -> AsyncIterator[Opened]:
    files = Files(path, ledger or path)
    calls = Calls(files, limits or Limits(), prices or {}, Stopping())
    meter = calls.ledger.meter("synth", "planner", inner.name)
    retrying = Retrying(
        inner, RetryPolicy(attempts=2, base_s=0.001), lambda _: calls.failed_attempt(meter)
    )
    try:
        yield Cached(retrying, calls, meter), calls
    finally:
        await calls.drain(1.0)
        await calls.aclose()


def stored(path: Path) -> int:
    db = sqlite3.connect(path)
    (n,) = db.execute("select count(*) from calls").fetchone()
    db.close()
    return n


async def ask_all(model: Model, n: int, limit: int = 50) -> list[str]:
    texts = [""] * n
    requests = [a_request(i) for i in range(n)]
    async for request, reply in bounded(model.generate, requests, limit):
        texts[request.sampling.seed] = reply.text
    return texts


async def test_a_reply_is_in_the_file_before_it_is_returned(tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"
    async with opened(path, SlowModel()) as (model, _):
        for n in range(1, 4):
            await model.generate(a_request(n))
            assert stored(path) == n


async def test_a_stored_reply_is_whole_and_costs_no_call(tmp_path: Path) -> None:
    path, inner = tmp_path / "calls.sqlite", SlowModel()
    async with opened(path, inner) as (model, _):
        first = await ask_all(model, 200)
    async with opened(path, inner) as (model, _):
        assert await ask_all(model, 200) == first
        again = await model.generate(a_request(7))
    assert again.usage == Usage(prompt_tokens=10, completion_tokens=5)
    assert len(inner.requests) == 200


async def test_the_same_request_in_flight_is_made_once(tmp_path: Path) -> None:
    inner = SlowModel(0.02)
    async with opened(tmp_path / "calls.sqlite", inner) as (model, _):
        replies = await asyncio.gather(*(model.generate(a_request()) for _ in range(5)))
    assert len(inner.requests) == 1
    assert len(set(replies)) == 1
    (entry,) = read_ledger(tmp_path / "calls.sqlite")
    assert (entry.cost.n_calls, entry.cost.n_cached, entry.cost.prompt_tokens) == (5, 4, 10)


async def test_every_part_of_the_request_and_the_options_make_another_call(tmp_path: Path) -> None:
    inner = SlowModel()
    async with opened(tmp_path / "calls.sqlite", inner) as (model, calls):
        await model.generate(a_request(1))
        await model.generate(a_request(2))
        await model.generate(a_request(1).model_copy(update={"prefill": "Sure"}))
        meter = calls.ledger.meter("synth", "planner", inner.name)
        other = Cached(inner, calls, meter, '{"extra_body": {"thinking": false}}')
        await other.generate(a_request(1))
    assert len(inner.requests) == 4


async def test_scores_are_stored_apart_from_replies(tmp_path: Path) -> None:
    class Scoring(ScriptedModel):
        n = 0

        async def score(self, messages, continuation):
            self.n += 1
            return await super().score(messages, continuation)

    inner = Scoring(["yes"])
    async with opened(tmp_path / "calls.sqlite", inner) as (model, _):
        first = await model.score((), "one two three")
        assert await model.score((), "one two three") == first == (-1.0, -1.0, -1.0)
        await model.score((Message(role="user", content="hi"),), "one two three")
    assert inner.n == 2


async def test_a_caller_that_goes_away_loses_no_call(tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"
    async with opened(path, SlowModel(0.05)) as (model, _):
        asker = asyncio.create_task(model.generate(a_request()))
        await asyncio.sleep(0.01)
        asker.cancel()
    assert stored(path) == 1


async def test_after_an_interrupt_what_is_in_flight_gets_the_grace_and_no_more(
    tmp_path: Path,
) -> None:
    path = tmp_path / "calls.sqlite"
    soon, late = SlowModel(0.02), SlowModel(60.0)
    async with opened(path, soon) as (model, calls):
        other = Cached(late, calls, calls.ledger.meter("synth", "attacker", late.name), "late")
        asked = [asyncio.create_task(m.generate(a_request())) for m in (model, other)]
        await asyncio.sleep(0.005)
        calls.stopping.interrupt()
        await calls.drain(0.1)
        with pytest.raises(RunStoppedError, match="stopped by the user"):
            await model.generate(a_request(1))
        assert (await asked[0]).text == "reply 0"
        with pytest.raises(asyncio.CancelledError):
            await asked[1]
    assert stored(path) == 1


async def test_the_ledger_goes_on_where_the_last_process_stopped(tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"
    for n in (3, 7):
        async with opened(path, SlowModel(0.001)) as (model, _):
            await ask_all(model, n)
    (entry,) = read_ledger(path)
    assert entry.key == ("synth", "planner", "openai:slow")
    cost = entry.cost
    assert (cost.n_calls, cost.n_cached, cost.prompt_tokens, cost.completion_tokens) == (
        10,
        3,
        70,
        35,
    )
    assert 0.001 < cost.wall_s < 5


async def test_failed_attempts_and_given_up_calls_are_counted(tmp_path: Path) -> None:
    def script(request: Request) -> str:
        if request.sampling.seed == 1:
            raise TransientModelError("busy")
        return "fine"

    path = tmp_path / "calls.sqlite"
    async with opened(path, ScriptedModel(script)) as (model, _):
        await model.generate(a_request(0))
        with pytest.raises(ModelError, match="given up after 2"):
            await model.generate(a_request(1))
    (entry,) = read_ledger(path)
    assert (entry.cost.n_calls, entry.cost.n_failed, entry.cost.n_failed_attempts) == (1, 1, 2)


async def test_a_shared_cache_leaves_the_ledger_with_the_run(tmp_path: Path) -> None:
    shared, inner = tmp_path / "shared" / "calls.sqlite", SlowModel()
    for run in ("a", "b"):
        async with opened(shared, inner, ledger=tmp_path / run / "calls.sqlite") as (model, _):
            await ask_all(model, 20)
    assert len(inner.requests) == 20
    assert stored(shared) == 20
    costs = [read_ledger(tmp_path / run / "calls.sqlite")[0].cost for run in ("a", "b")]
    assert [(c.n_calls, c.n_cached) for c in costs] == [(20, 0), (20, 20)]


async def test_two_that_share_a_cache_find_each_others_replies(tmp_path: Path) -> None:
    path, inner = tmp_path / "shared.sqlite", SlowModel()
    async with (
        opened(path, inner, ledger=tmp_path / "a.sqlite") as (one, _),
        opened(path, inner, ledger=tmp_path / "b.sqlite") as (other, _),
    ):
        await asyncio.gather(ask_all(one, 100), ask_all(other, 100))
        assert stored(path) == 100
        await one.generate(a_request(500))
        n = len(inner.requests)
        await other.generate(a_request(500))
        assert len(inner.requests) == n


@pytest.mark.slow
def test_two_processes_share_a_cache(tmp_path: Path) -> None:
    script = tmp_path / "worker.py"
    script.write_text(
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from tests.unit.llm.test_calls import SlowModel, ask_all, opened\n"
        "async def main(own):\n"
        "    shared = Path(sys.argv[1])\n"
        "    async with opened(shared, SlowModel(0.001), ledger=Path(own)) as (model, _):\n"
        "        await ask_all(model, 2000)\n"
        "asyncio.run(main(sys.argv[2]))\n"
    )
    shared = tmp_path / "shared.sqlite"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    command = [sys.executable, str(script), str(shared)]
    both = [
        subprocess.Popen([*command, str(tmp_path / own)], env=environment) for own in ("a", "b")
    ]
    assert [process.wait(60) for process in both] == [0, 0]
    assert stored(shared) == 2000
    costs = [read_ledger(tmp_path / own)[0].cost for own in ("a", "b")]
    assert [cost.n_calls for cost in costs] == [2000, 2000]


async def test_calls_that_cannot_be_stored_stop_the_run(tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"
    async with opened(path, SlowModel(0.01)) as (model, _):
        await model.generate(a_request())
        db = sqlite3.connect(path)
        db.execute(
            "create trigger full before insert on calls begin select raise(fail, 'full'); end"
        )
        db.close()
        with pytest.raises(
            RunStoppedError, match=r"calls\.sqlite: finished calls cannot be stored"
        ):
            await model.generate(a_request(1))


async def test_a_file_of_another_form_is_named(tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"
    db = sqlite3.connect(path)
    db.execute("create table calls (key text primary key, reply text not null)")
    db.close()
    with pytest.raises(InputError, match="another version"):
        async with opened(path, SlowModel()):
            pass


async def test_the_limit_on_calls_is_met_exactly_and_holds_over_resumes(tmp_path: Path) -> None:
    path, inner = tmp_path / "calls.sqlite", SlowModel(0.002)
    for most in (7, 7, 12):
        async with opened(path, inner, Limits(max_calls=most)) as (model, _):
            with pytest.raises(RunStoppedError, match=f"--max-calls {most} is reached") as stop:
                await ask_all(model, 40)
        assert len(inner.requests) == most == stored(path)
        assert f"made {most} calls with {most * 15} tokens" in str(stop.value)
    async with opened(path, inner, Limits(max_calls=40)) as (model, _):
        await ask_all(model, 40)
    assert len(inner.requests) == 40


async def test_no_limit_on_tokens_or_cost_is_exceeded(tmp_path: Path) -> None:
    prices = {"openai:slow": Price(input=100_000, output=200_000)}  # 2 USD a call
    for name, limits in (
        ("tokens", Limits(max_tokens=200)),
        ("cost", Limits(max_cost=30)),
    ):
        path, inner = tmp_path / f"{name}.sqlite", SlowModel(0.002)
        async with opened(path, inner, limits, prices) as (model, _):
            with pytest.raises(RunStoppedError, match=f"--max-{name}"):
                await ask_all(model, 40)
        assert stored(path) == len(inner.requests)
        assert 8 <= len(inner.requests) <= 15
        assert inner.most > 1


def test_a_limit_on_cost_needs_the_models_price() -> None:
    check_price(Limits(max_cost=1), {}, "embedded:small", free=True)
    with pytest.raises(InputError, match=r'\[prices\."openai:slow"\]'):
        check_price(Limits(max_cost=1), {}, "openai:slow", free=False)


async def test_bounded_keeps_to_its_limit_and_yields_everything() -> None:
    now = most = 0

    async def work(n: int) -> int:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.001 * (n % 3))
        now -= 1
        return 2 * n

    found = dict([pair async for pair in bounded(work, iter(range(500)), 32)])
    assert found == {n: 2 * n for n in range(500)}
    assert most == 32
    assert [pair async for pair in bounded(work, [], 32)] == []


async def test_bounded_passes_an_exception_on_and_cancels_the_rest() -> None:
    ended: list[int] = []

    async def work(n: int) -> None:
        if n == 3:
            raise ModelError("three")
        await asyncio.sleep(10)
        ended.append(n)

    with pytest.raises(ModelError, match="three"):
        _ = [pair async for pair in bounded(work, range(10), 5)]
    await asyncio.sleep(0)
    assert ended == []
    assert len(asyncio.all_tasks()) == 1


async def test_a_call_is_found_in_the_very_turn_in_which_it_was_stored(tmp_path: Path) -> None:
    inner = SlowModel(0.001)
    async with opened(tmp_path / "calls.sqlite", inner) as (model, _):

        async def twice(i: int) -> None:
            first = await model.generate(a_request(i))
            assert await model.generate(a_request(i)) == first

        await asyncio.gather(*(twice(i) for i in range(40)))
    assert len(inner.requests) == 40


async def test_what_another_process_stores_is_found(tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"
    one, two = SlowModel(0.001), SlowModel(0.001)
    async with opened(path, one) as (first, _), opened(path, two) as (second, _):
        for i in range(3):
            await first.generate(a_request(i))
            await second.generate(a_request(i))
    assert (len(one.requests), len(two.requests)) == (3, 0)


async def test_half_a_surrogate_pair_in_a_reply_is_stored_as_a_question_mark(
    tmp_path: Path,
) -> None:
    path = tmp_path / "calls.sqlite"
    for _ in range(2):
        async with opened(path, ScriptedModel(lambda _: "hello \ud800 wörld")) as (model, _calls):
            assert (await model.generate(a_request(1))).text == "hello ? wörld"
    assert stored(path) == 1
