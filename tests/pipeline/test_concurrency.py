"""`concurrency` bounds the calls of a role that are in flight, whatever makes them."""

# pyright: basic
from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from tests.commands import here
from tests.scripted_server import ScriptedServer
from tests.specbench_data import write_data

from specloop.config import Config, build
from specloop.errors import RunStoppedError, TransientModelError
from specloop.llm.backends.scripted import ScriptedModel
from specloop.llm.base import Reply, Request
from specloop.pipeline import model_pool
from specloop.pipeline.model_pool import ModelPool, ModelRequest
from specloop.records import Message
from specloop.specbench.stored import read_stored
from specloop.store import RunFolder

METHODS = (
    *("align3", "zero_think", "{ name = 'best_of_n', n = 8 }", "{ name = 'more_think' }"),
    *("{ name = 'self_refine', iterations = 2 }", "{ name = 'tpo', samples = 4, iterations = 1 }"),
)


def configuration(folder: Path, server: ScriptedServer, n: int) -> Path:
    write_data(folder / "data" / "Garden")
    roles = "".join(
        f'{role} = {{ model = "openai:{role}", concurrency = {n + place},'
        f' options = {{ base_url = "{server.url}" }} }}\n'
        for place, role in enumerate(("target", "judge", "scorer"))
    )
    named = ", ".join(one if "{" in one else f"'{one}'" for one in METHODS)
    table = f'data = "data"\nmethods = [{named}]\nscorer = "judge"\njudge = "sequential"\n'
    path = folder / "bench.toml"
    path.write_text(f"[roles]\n{roles}[specbench]\n{table}")
    return path


def test_no_method_and_no_judge_has_more_calls_in_flight_than_its_role_may(tmp_path: Path) -> None:
    with ScriptedServer(delay_s=0.002) as server:
        run = tmp_path / "run"
        here("specbench", "run", run, "--config", configuration(tmp_path, server, 3))
        found = read_stored(RunFolder(run))
        assert len(found.judgements) == 6 * len(METHODS)
        assert dict(server.peak) == {"target": 3, "judge": 4, "scorer": 5}


class Slow(ScriptedModel):
    """Counts the calls that are under way."""

    n = peak = 0
    delay_s = 0.005

    async def generate(self, request: Request) -> Reply:
        self.n += 1
        self.peak = max(self.peak, self.n)
        await asyncio.sleep(self.delay_s)
        self.n -= 1
        return await super().generate(request)

    async def score(self, messages, continuation):
        await self.generate(Request(messages=messages))
        return (0.0,)


class Failing(Slow):
    """Says at every first attempt that it has too much to do."""

    async def generate(self, request: Request) -> Reply:
        reply = await super().generate(request)
        if self.requests.count(request) < 2:
            raise TransientModelError("too much to do")
        return reply


def request(n: int) -> Request:
    return Request(messages=(Message(role="user", content=str(n)),))


def opened(monkeypatch: pytest.MonkeyPatch, folder: Path, model: Slow, n: int = 4) -> ModelPool:
    monkeypatch.setattr(model_pool, "resolve", lambda name, **options: model)
    role = {"model": "scripted:x", "concurrency": n}
    return ModelPool(folder, build(Config, {"roles": {"target": role}}, "test"))


@pytest.mark.parametrize("kind", [Slow, Failing])
async def test_calls_of_one_role_share_its_places_and_attempts_that_wait_hold_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Slow]
) -> None:
    model = kind(["fine"])
    pool = opened(monkeypatch, tmp_path, model)
    wanted = [ModelRequest("target", "scripted:x", {})]
    async with pool.open("a", wanted) as first, pool.open("b", wanted) as second:
        asked = [first["target"].model.generate(request(n)) for n in range(20)]
        asked += [second["target"].model.generate(request(n)) for n in range(20, 40)]
        scored = [first["target"].model.score((), str(n)) for n in range(5)]
        replies = await asyncio.wait_for(asyncio.gather(*asked, *scored), 20)
    assert len(replies) == 45
    assert model.peak == 4


async def test_after_an_interrupt_no_waiting_call_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Slow(["fine"])
    pool = opened(monkeypatch, tmp_path, model, 2)
    async with pool.open("a", [ModelRequest("target", "scripted:x", {})]) as found:
        calls = [found["target"].model.generate(request(n)) for n in range(10)]
        tasks = [asyncio.ensure_future(call) for call in calls]
        await asyncio.sleep(0.002)
        assert pool.interrupt() == 2
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert len(model.requests) == 2
    assert sum(isinstance(one, RunStoppedError) for one in ended) == 8


async def test_a_plain_run_is_not_slowed_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Slow(["fine"])
    model.delay_s = 0.02
    pool = opened(monkeypatch, tmp_path, model, 50)
    async with pool.open("a", [ModelRequest("target", "scripted:x", {})]) as found:
        start = time.monotonic()
        await asyncio.gather(*(found["target"].model.generate(request(n)) for n in range(500)))
    # Ten rounds; one by one they would take 10 s.
    assert time.monotonic() - start < 4.0
    assert model.peak == 50
