"""Trying again, and stopping where every call is refused."""

# pyright: basic
from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from specloop.errors import ModelError, RefusedError, RunStoppedError, TransientModelError
from specloop.llm.backends.scripted import ScriptedModel
from specloop.llm.base import Request
from specloop.llm.calls.budget import Stopping
from specloop.llm.calls.retry import Places, Retrying, RetryPolicy
from specloop.records import Message

ASK = Request(messages=(Message(role="user", content="hi"),))
QUICK = RetryPolicy(attempts=4, base_s=0.001)


def scripted(*turns: str | Exception) -> ScriptedModel:
    """Says or raises each in turn, the last for ever."""
    left: Iterator[str | Exception] = iter(turns)
    last: list[str | Exception] = []

    def answer(_: Request) -> str:
        turn = next(left, None) or last[0]
        last[:] = [turn]
        if isinstance(turn, Exception):
            raise turn
        return turn

    return ScriptedModel(answer)


def busy(retry_after_s: float | None = None) -> TransientModelError:
    return TransientModelError("busy", retry_after_s)


async def test_a_failure_that_passes_costs_a_call_and_is_told():
    inner, told = scripted(busy(), busy(), "yes"), []
    model = Retrying(inner, QUICK, told.append)
    assert (await model.generate(ASK)).text == "yes"
    assert len(inner.requests) == 3
    assert [str(error) for error in told] == ["busy", "busy"]


async def test_a_failure_that_stays_is_given_up():
    inner = scripted(busy())
    with pytest.raises(TransientModelError, match=r"busy \(given up after 4 attempts\)"):
        await Retrying(inner, QUICK).generate(ASK)
    assert len(inner.requests) == 4


async def test_a_failure_that_stays_too_long_is_given_up():
    inner = scripted(busy(retry_after_s=5))
    with pytest.raises(TransientModelError, match="after 1 attempts"):
        await Retrying(inner, QUICK._replace(total_s=1)).generate(ASK)


async def test_the_servers_wish_is_kept_up_to_the_cap():
    slept = await sleeps(scripted(busy(7), busy(3600), "yes"))
    assert slept == [pytest.approx(7, abs=0.01), pytest.approx(60, abs=0.01)]


async def test_waits_are_drawn_from_a_growing_range_with_a_cap(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("random.uniform", lambda _, most: most)
    policy = RetryPolicy(attempts=9, base_s=1, cap_s=10)
    slept = await sleeps(scripted(*[busy()] * 7, "yes"), policy)
    assert slept == [1, 2, 4, 8, 10, 10, 10]


async def sleeps(inner: ScriptedModel, policy: RetryPolicy = QUICK) -> list[float]:
    class Watch(Stopping):
        async def sleep(self, seconds: float) -> None:
            slept.append(seconds)

    slept: list[float] = []
    await Retrying(inner, policy, places=Places(1, Watch())).generate(ASK)
    return slept


async def test_an_interrupt_wakes_a_call_that_waits_to_be_tried_again():
    stopping, inner = Stopping(), scripted(busy(60), "yes")
    model = Retrying(inner, QUICK, places=Places(1, stopping))
    waiting = asyncio.ensure_future(model.generate(ASK))
    await asyncio.sleep(0.01)
    stopping.interrupt()
    with pytest.raises(RunStoppedError, match="stopped by the user"):
        await asyncio.wait_for(waiting, 5)
    assert len(inner.requests) == 1


async def test_what_is_refused_is_never_tried_again():
    inner = scripted("yes", RefusedError("no", 400))
    model = Retrying(inner, QUICK)
    await model.generate(ASK)
    for n in range(2, 12):
        with pytest.raises(RefusedError):
            await model.generate(ASK)
        assert len(inner.requests) == n


async def test_other_failures_are_not_tried_again():
    inner = scripted(ModelError("cannot"))
    with pytest.raises(ModelError, match="cannot"):
        await Retrying(inner, QUICK).generate(ASK)
    assert len(inner.requests) == 1


async def test_first_calls_that_are_all_refused_stop_the_model():
    inner = scripted(RefusedError("no", 400))
    model = Retrying(inner, QUICK)
    for _ in range(4):
        with pytest.raises(RefusedError):
            await model.generate(ASK)
    for _ in range(3):
        with pytest.raises(RunStoppedError, match="all refused, nothing more is sent: no"):
            await model.generate(ASK)
    assert len(inner.requests) == 5


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_key_stops_the_model_at_once(status: int):
    inner = scripted(RefusedError("who are you", status))
    model = Retrying(inner, QUICK)
    outcomes = await asyncio.gather(
        *(model.generate(ASK) for _ in range(9)), return_exceptions=True
    )
    assert {type(one) for one in outcomes} == {RunStoppedError}
    assert len(inner.requests) == 1


async def test_a_call_that_waits_to_be_tried_again_stops_as_well():
    inner = scripted(busy(0.01), RefusedError("who are you", 401))
    model = Retrying(inner, QUICK)
    waiting = asyncio.ensure_future(model.generate(ASK))
    await asyncio.sleep(0)
    with pytest.raises(RunStoppedError):
        await model.generate(ASK)
    with pytest.raises(RunStoppedError):
        await waiting
    assert len(inner.requests) == 2


async def test_scoring_is_tried_again():
    class Scorer(ScriptedModel):
        n = 0

        async def score(self, messages, continuation):
            self.n += 1
            if self.n == 1:
                raise busy()
            return await super().score(messages, continuation)

    assert await Retrying(Scorer(["x"]), QUICK).score((), "a b") == (-1.0, -1.0)


async def test_the_models_own_options_set_the_policy():
    inner = scripted(busy())
    inner.retry_policy = RetryPolicy(attempts=2, base_s=0.001)
    with pytest.raises(TransientModelError, match="after 2 attempts"):
        await Retrying(inner).generate(ASK)
