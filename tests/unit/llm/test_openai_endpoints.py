"""Several servers for one model, and how many calls each gets."""

# pyright: basic
from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from pydantic import SecretStr
from tests.openai_server import drops, fails, in_turn, says
from yarl import URL

from specloop.errors import TransientModelError
from specloop.llm.backends.openai import OpenAI
from specloop.llm.backends.openai.endpoints import Endpoint, EndpointPool
from specloop.llm.backends.openai.failure import CallPlace
from specloop.llm.backends.openai.limiter import Limiter
from specloop.llm.calls.retry import Retrying, RetryPolicy

QUICK = RetryPolicy(attempts=40, base_s=0.01, cap_s=0.05)


def slow(seconds: float) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return await says("x")(request)

    return answer


async def test_calls_are_shared_between_servers(start, connect, ask):
    one, two = await start(slow(0.02)), await start(slow(0.02))
    model = await connect(base_urls=[one.url, {"url": two.url, "api_key_env": "OTHER"}])
    await asyncio.gather(*(model.generate(ask(str(n))) for n in range(40)))
    assert len(one.seen) == len(two.seen) == 20
    assert {seen.authorization for seen in two.seen} == {None}


async def test_a_server_with_half_the_room_gets_half_the_calls(start, connect, ask):
    one, two = await start(slow(0.02)), await start(slow(0.02))
    tables = [{"url": one.url, "max_concurrency": 8}, {"url": two.url, "max_concurrency": 4}]
    model = await connect(base_urls=tables)
    await asyncio.gather(*(model.generate(ask(str(n))) for n in range(60)))
    assert (one.peak, two.peak) == (8, 4)
    assert len(one.seen) > 1.5 * len(two.seen)
    assert [(s.limit, s.in_flight) for s in model.status()] == [(8, 0), (4, 0)]


async def test_no_call_is_lost_while_one_server_is_dead(start, connect, ask):
    dead, alive = await start(says("x")), await start(slow(0.005))
    model = await connect(base_urls=[dead.url, alive.url], max_concurrency=8)
    await dead.stop()
    failed: list[Exception] = []
    insisting = Retrying(model, QUICK, failed.append)
    replies = await asyncio.gather(*(insisting.generate(ask(str(n))) for n in range(100)))
    assert len(replies) == len(alive.seen) == 100
    # Only those that were on their way when it was found dead.
    assert len(failed) <= 8
    assert [s.resting for s in model.status()] == [True, False]


async def test_a_server_that_comes_back_is_used_again(start, connect, ask, monkeypatch):
    monkeypatch.setattr("specloop.llm.backends.openai.endpoints._FIRST_REST_S", 0.05)
    one, two = await start(says("x")), await start(says("x"))
    model = await connect(base_urls=[one.url, two.url])
    port = URL(one.url).port
    await one.stop()
    insisting = Retrying(model, QUICK)
    await asyncio.gather(*(insisting.generate(ask(str(n))) for n in range(10)))
    before = len(one.seen)
    await one.start(port)
    await asyncio.sleep(0.06)
    await asyncio.gather(*(insisting.generate(ask(str(n))) for n in range(10)))
    assert len(one.seen) > before
    assert [s.resting for s in model.status()] == [False, False]


async def test_a_server_that_keeps_failing_rests_and_one_that_refuses_does_not(start, connect, ask):
    model = await connect(
        base_urls=[(await start(fails(500, "no"))).url, (await start(fails(400, "no"))).url]
    )
    for n in range(12):
        with pytest.raises(Exception, match="HTTP"):
            await model.generate(ask(str(n)))
    assert [s.resting for s in model.status()] == [True, False]


async def test_rests_grow_and_the_way_back_is_one_call(monkeypatch: pytest.MonkeyPatch):
    now = [0.0]
    monkeypatch.setattr("specloop.llm.backends.openai.endpoints.monotonic", lambda: now[0])
    place = CallPlace("m", "http://a/v1", "KEY", False)
    dead, live = (Endpoint(place, SecretStr(""), Limiter(9), OpenAI()) for _ in range(2))
    pool = EndpointPool([dead, live])
    for rest in (1, 2, 4, 8, 16, 32, 60, 60):
        dead.failed(reached=False)
        now[0] += rest - 0.01
        assert pool.take() is live
        now[0] += 0.02
        assert (pool.take(), pool.take()) == (dead, live)
        for taken in (dead, live, live):
            pool.release(taken)
    dead.succeeded(dead.sent(), None)
    assert not dead.resting(now[0])


async def test_one_server_alone_is_not_left_alone(start, connect, ask):
    server = await start(in_turn(drops, drops, drops, drops, says("x")))
    insisting = Retrying(await connect(base_url=server.url), QUICK)
    assert (await insisting.generate(ask())).text == "x"


async def test_a_call_given_up_in_the_line_leaves_no_hole(start, connect, ask):
    server = await start(slow(0.03))
    model = await connect(base_url=server.url, max_concurrency=1)
    calls = [asyncio.ensure_future(model.generate(ask(str(n)))) for n in range(4)]
    await asyncio.sleep(0.01)
    calls[0].cancel()
    calls[2].cancel()
    done = await asyncio.gather(*calls, return_exceptions=True)
    assert [isinstance(one, asyncio.CancelledError) for one in done] == [True, False, True, False]
    assert model.status()[0].in_flight == 0
    assert server.peak <= 2


async def test_calls_adapt_to_a_server_that_holds_few(start, connect, ask):
    room = 10

    async def answer(request: web.Request) -> web.StreamResponse:
        if server.in_flight > room:
            return await fails(429, "busy")(request)
        return await slow(0.01)(request)

    server = await start(answer)
    model = await connect(base_url=server.url, max_concurrency=128)
    insisting = Retrying(model, QUICK)
    replies = await asyncio.gather(*(insisting.generate(ask(str(n))) for n in range(300)))
    assert len(replies) == 300
    (status,) = model.status()
    assert room / 2 <= status.limit <= 2 * room
    assert len(server.seen) < 2 * 300


async def test_what_is_asked_waits_its_time(start, connect, ask):
    server = await start(in_turn(fails(429, "busy", **{"Retry-After": "0.2"}), says("x")))
    insisting = Retrying(await connect(base_url=server.url), QUICK._replace(cap_s=9))
    before = asyncio.get_running_loop().time()
    await insisting.generate(ask())
    assert asyncio.get_running_loop().time() - before >= 0.2


async def test_no_call_is_lost_among_faults(start, connect, ask):
    """5% 429 with Retry-After, 2% 500, 1% dropped, 1% malformed: and little is sent twice."""
    faults = [fails(429, "busy", **{"Retry-After": "0.02"})] * 5
    faults += [fails(500, "oops")] * 2 + [drops, fails(200, '{"choices": [{')]
    n_seen = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal n_seen
        n_seen += 1
        # A fixed walk through 100 places that meets each once.
        place = n_seen * 37 % 100
        return await (faults[place] if place < len(faults) else says("x"))(request)

    server = await start(answer)
    model = await connect(base_url=server.url, max_concurrency=64)
    insisting = Retrying(model, QUICK)
    replies = await asyncio.gather(*(insisting.generate(ask(str(n))) for n in range(500)))
    assert {reply.text for reply in replies} == {"x"}
    assert len(server.seen) <= 1.15 * 500
    assert model.status()[0].limit == 64


async def test_without_retries_a_failure_is_the_callers(start, connect, ask):
    model = await connect(base_url=(await start(drops)).url)
    with pytest.raises(TransientModelError):
        await model.generate(ask())
