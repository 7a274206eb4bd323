"""Limits hold against servers that count, answer and refuse as they like."""

# pyright: basic
from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiohttp import web

from specloop.config import Limits, Price
from specloop.errors import ModelError, RunStoppedError
from specloop.items import bounded
from specloop.llm.backends import resolve
from specloop.llm.backends.scripted import ScriptedModel
from specloop.llm.base import Model, Reply, Request
from specloop.llm.calls.budget import Stopping
from specloop.llm.calls.calls import Calls, Files
from specloop.llm.calls.ledger import read_ledger
from specloop.llm.calls.retry import Retrying, RetryPolicy
from specloop.llm.calls.wrap import Cached
from specloop.records import Message, Sampling
from tests.conftest import ROOT
from tests.openai_server import OpenAIServer, completion

LIMIT = 20_000
AT_ONCE = 32
TEXTS = {
    "words": "The gardener waters every rose before noon and writes down what has grown. " * 6,
    "digits": "4711 0815 1234567890 " * 20,
    "Chinese": "园丁每天早上给玫瑰浇水。" * 12,
    "emoji": "🌹🌱🪴" * 30,
    "signs": "{[(<>)]}!?;:--__##" * 20,
}


class Call(NamedTuple):
    """A request as the server sees it: the text of its prompt and what it may take."""

    text: str
    body: dict[str, Any]

    def most(self, default: int = 100) -> int:
        length = self.body.get("max_tokens") or self.body.get("max_completion_tokens") or default
        return length * self.body.get("n", 1)


Tokens = Callable[[Call], tuple[int, int]]


class Billing(OpenAIServer):
    """Bills each answered call as `tokens` says, and keeps the sum."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__(self._answer)
        self._tokens = tokens
        self.billed: list[int] = []
        self.latency_s = 0.002

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        call = Call("".join(m["content"] for m in body["messages"]), body)
        await asyncio.sleep(self.latency_s)
        prompt, said = self._tokens(call)
        self.billed.append(prompt + said)
        told = completion("roses") | {"usage": {"prompt_tokens": prompt, "completion_tokens": said}}
        return web.json_response(self.told(told))

    def told(self, answer: dict[str, Any]) -> dict[str, Any]:
        return answer


@asynccontextmanager
async def limited(
    folder: Path, server: OpenAIServer, limits: Limits, **options: Any
) -> AsyncIterator[Model]:
    await server.start()
    path = folder / "calls.sqlite"
    options = {"server": "unknown"} | options
    inner = resolve("openai:m", base_url=server.url, **options)
    prices = {inner.name: Price(input=1000.0, output=1000.0)}
    calls = Calls(Files(path, path), limits, prices, Stopping())
    meter = calls.ledger.meter("synth", "planner", inner.name)
    policy = RetryPolicy(attempts=4, base_s=0.001)
    retrying = Retrying(inner, policy, lambda error: calls.failed_attempt(meter, error))
    try:
        yield Cached(retrying, calls, meter)
    finally:
        await calls.drain(5.0)
        await calls.aclose()
        await inner.aclose()
        await server.stop()


def requests(text: str = TEXTS["words"], max_tokens: int = 100) -> list[Request]:
    return [
        Request(
            messages=(Message(role="user", content=f"{text} {i}"),),
            sampling=Sampling(seed=i, max_tokens=max_tokens),
        )
        for i in range(400)
    ]


async def spend(model: Model, asked: list[Request]) -> str:
    """Ask until the limit stops it; what is said then."""

    async def one(request: Request) -> None:
        with suppress(ModelError):
            await model.generate(request)

    with pytest.raises(RunStoppedError) as stopped:
        async for _ in bounded(one, asked, AT_ONCE):
            pass
    return str(stopped.value)


def a_byte(call: Call) -> tuple[int, int]:
    return len(call.text.encode()), min(call.most(), 60)


def a_word(call: Call) -> tuple[int, int]:
    return len(call.text.split()), call.most()


async def test_tokens_and_cost_are_never_exceeded_whatever_the_tokenizer(tmp_path: Path) -> None:
    limits = (Limits(max_tokens=LIMIT), Limits(max_cost=LIMIT / 1000))
    for number, text in enumerate(TEXTS.values()):
        server = Billing(a_word if number == 0 else a_byte)
        async with limited(tmp_path / text[:3], server, limits[number % 2]) as model:
            await spend(model, requests(text))
        assert LIMIT / 2 < sum(server.billed) <= LIMIT


async def test_texts_of_another_kind_than_those_seen_are_bounded(tmp_path: Path) -> None:
    """Words at a token for four bytes first, then what takes a token a byte."""

    def by_kind(call: Call) -> tuple[int, int]:
        words = call.text.startswith("The")
        return len(call.text.encode()) // (4 if words else 1), 20

    mixed = [
        one
        for three in zip(*(requests(TEXTS[k]) for k in ("words", "emoji", "digits")), strict=True)
        for one in three
    ]
    server = Billing(by_kind)
    async with limited(tmp_path, server, Limits(max_tokens=LIMIT)) as model:
        await spend(model, mixed)
    assert sum(server.billed) <= LIMIT


@pytest.mark.parametrize(
    "options",
    [
        {"extra_body": {"max_tokens": 1500}},
        {"extra_body": {"max_completion_tokens": 1500}, "omit": ["max_tokens"]},
        {"extra_body": {"n": 12}},
        {"extra_body": {"n": 2, "best_of": 12}},
        {"max_tokens_field": "longest", "extra_body": {"longest": 1500}},
        {"extra_body": {"reasoning": {"max_tokens": 1500}}},
    ],
)
async def test_what_counts_is_what_is_really_sent(tmp_path: Path, options: dict[str, Any]) -> None:
    def tokens(call: Call) -> tuple[int, int]:
        sent = call.body
        lengths = [v for k, v in sent.items() if k in ("longest",) or k.startswith("max_")]
        lengths.append(sent.get("reasoning", {}).get("max_tokens", 0))
        return 100, max(lengths) * max(sent.get("n", 1), sent.get("best_of", 1))

    server = Billing(tokens)
    async with limited(tmp_path, server, Limits(max_tokens=LIMIT), **options) as model:
        await spend(model, requests())
    assert LIMIT / 2 < sum(server.billed) <= LIMIT


@pytest.mark.parametrize(
    "options", [{}, {"omit": ["max_tokens"]}, {"extra_body": {"n_predict": -1}}]
)
async def test_a_server_that_keeps_to_no_length_is_found_out_by_one_call(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    server = Billing(lambda _: (100, 3000))
    async with limited(tmp_path, server, Limits(max_tokens=LIMIT), **options) as model:
        await spend(model, requests())
    assert LIMIT / 2 < sum(server.billed) <= LIMIT


async def test_lengths_that_grow_beyond_what_was_seen_exceed_by_calls_in_flight_at_most(
    tmp_path: Path,
) -> None:
    rng = random.Random(1)
    lengths = [int(100 * rng.lognormvariate(0, 1.5)) for _ in range(400)]
    numbers = iter(lengths)
    server = Billing(lambda _: (100, next(numbers)))
    async with limited(tmp_path, server, Limits(max_tokens=LIMIT)) as model:
        await spend(model, requests())
    assert sum(server.billed) <= LIMIT + sum(sorted(server.billed)[-server.peak :])


async def test_a_first_answer_beyond_the_limit_is_the_last(tmp_path: Path) -> None:
    server = Billing(lambda _: (100, 90_000))
    async with limited(tmp_path, server, Limits(max_tokens=LIMIT)) as model:
        said = await spend(model, requests())
    assert len(server.billed) == 1
    assert "--max-tokens 20000 is reached" in said


async def test_reasoning_beside_the_answers_tokens_counts(tmp_path: Path) -> None:
    class Apart(Billing):
        def told(self, answer: dict[str, Any]) -> dict[str, Any]:
            usage = answer["usage"]
            total = usage["prompt_tokens"] + usage["completion_tokens"]
            return answer | {"usage": usage | {"completion_tokens": 5, "total_tokens": total}}

    server = Apart(lambda _: (100, 1000))
    async with limited(tmp_path, server, Limits(max_tokens=LIMIT)) as model:
        await spend(model, requests())
    assert LIMIT / 2 < sum(server.billed) <= LIMIT


ABSURD: list[Any] = [
    {"prompt_tokens": -1000, "completion_tokens": -1000},
    {"prompt_tokens": 10**30, "completion_tokens": 3},
    {"prompt_tokens": 12.5, "completion_tokens": 3.7},
    {"prompt_tokens": "12", "completion_tokens": "3"},
    {"prompt_tokens": True, "completion_tokens": False},
    {"prompt_tokens": 100, "completion_tokens": 0},
    {"prompt_tokens": 9000, "completion_tokens": 9000},
    {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": -50},
    {"prompt_tokens": 12, "prompt_tokens_details": {"cached_tokens": -5}},
    {"prompt_tokens": float("nan"), "completion_tokens": float("inf")},
    [],
    "many",
    None,
]


@pytest.mark.parametrize("usage", ABSURD, ids=str)
async def test_counts_that_no_call_can_have_are_not_believed(
    tmp_path: Path, usage: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    class Absurd(Billing):
        def told(self, answer: dict[str, Any]) -> dict[str, Any]:
            return answer | {"usage": usage}

    options = {"context": 4096}
    server = Absurd(lambda call: (len(call.text), 90))
    async with limited(tmp_path, server, Limits(max_tokens=LIMIT), **options) as model:
        await spend(model, requests())
    # What is counted in place of them holds over a resume.
    async with limited(tmp_path, server, Limits(max_tokens=LIMIT), **options) as model:
        await spend(model, requests(TEXTS["digits"]))
    assert LIMIT / 2 < sum(server.billed) <= LIMIT
    assert server.seen[1:]
    (entry,) = read_ledger(tmp_path / "calls.sqlite")
    assert LIMIT / 2 < entry.cost.prompt_tokens + entry.cost.completion_tokens <= LIMIT
    remarked = capsys.readouterr().err.count("tells numbers of tokens that no call can have")
    plausible = usage is None or usage == {"prompt_tokens": 100, "completion_tokens": 0}
    assert remarked == (0 if plausible else 1)


async def test_attempts_that_may_be_billed_count(tmp_path: Path) -> None:
    class Late(Billing):
        """Every third answer is broken off after it was made, every other third cannot be read."""

        async def _answer(self, request: web.Request) -> web.StreamResponse:
            answer = await super()._answer(request)
            match len(self.billed) % 3:
                case 0:
                    assert request.transport
                    request.transport.close()
                case 1:
                    return web.Response(text="{", content_type="application/json")
            return answer

    server = Late(lambda call: (len(call.text), call.most()))
    for text in (TEXTS["words"], TEXTS["digits"]):
        async with limited(tmp_path, server, Limits(max_tokens=LIMIT)) as model:
            await spend(model, requests(text))
    assert LIMIT / 2 < sum(server.billed) <= LIMIT


class Slow(ScriptedModel):
    """Answers after a moment."""

    def __init__(self) -> None:
        super().__init__(lambda request: f"reply {request.sampling.seed}", "openai:slow")

    async def generate(self, request: Request) -> Reply:
        await asyncio.sleep(0.01)
        return await super().generate(request)


@asynccontextmanager
async def sharing(folder: Path, name: str, inner: Model) -> AsyncIterator[Model]:
    """One of several runs over a shared cache."""
    files = Files(folder / "shared" / "calls.sqlite", folder / name)
    calls = Calls(files, Limits(), {}, Stopping())
    try:
        yield Cached(inner, calls, calls.ledger.meter("synth", "planner", inner.name))
    finally:
        await calls.drain(1.0)
        await calls.aclose()


async def answer_all(model: Model, asked: list[Request]) -> dict[int, str]:
    found = bounded(model.generate, asked, AT_ONCE)
    return {request.sampling.seed: reply.text async for request, reply in found}


async def test_runs_over_one_cache_pay_once_for_the_same_calls(tmp_path: Path) -> None:
    inner, asked = Slow(), requests()[:200]
    async with (
        sharing(tmp_path, "a", inner) as one,
        sharing(tmp_path, "b", inner) as two,
        sharing(tmp_path, "c", inner) as three,
    ):
        found = await asyncio.gather(*(answer_all(m, asked) for m in (one, two, three)))
    assert len(inner.requests) == len(asked)
    assert found == [{n: f"reply {n}" for n in range(200)}] * 3
    assert [path.name for path in (tmp_path / "shared").iterdir()] == ["calls.sqlite"]


async def test_what_a_run_that_failed_had_claimed_is_made_by_another(tmp_path: Path) -> None:
    class Failing(Slow):
        async def generate(self, request: Request) -> Reply:
            asked.set()
            await asyncio.sleep(0.05)
            raise ModelError("no")

    inner, request, asked = Slow(), requests()[0], asyncio.Event()
    async with sharing(tmp_path, "a", Failing()) as one, sharing(tmp_path, "b", inner) as two:
        failing = asyncio.create_task(one.generate(request))
        await asked.wait()
        assert (await two.generate(request)).text == "reply 0"
        with pytest.raises(ModelError, match="no"):
            await failing


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP])
async def test_what_a_killed_or_frozen_run_had_claimed_is_taken_over(
    tmp_path: Path, end: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other process holds claims for all calls when it is killed."""
    asked = requests()[:20]
    script = tmp_path / "claiming.py"
    script.write_text(
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from tests.attack.test_limits import Slow, answer_all, requests, sharing\n"
        "class Never(Slow):\n"
        "    async def generate(self, request):\n"
        "        print('asked', flush=True)\n"
        "        await asyncio.sleep(100)\n"
        "async def main():\n"
        "    async with sharing(Path(sys.argv[1]), 'a', Never()) as model:\n"
        "        await answer_all(model, requests()[:20])\n"
        "asyncio.run(main())\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    command = [sys.executable, str(script), str(tmp_path)]
    inner = Slow()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout
        for _ in asked:
            assert first.stdout.readline() == "asked\n"
        async with sharing(tmp_path, "b", inner) as model:
            waiting = asyncio.create_task(answer_all(model, asked))
            await asyncio.sleep(0.2)
            assert inner.requests == []
            first.send_signal(end)
            monkeypatch.setattr("specloop.llm.calls.claims._FROZEN_S", 0.1)
            assert await waiting == {n: f"reply {n}" for n in range(20)}
        first.kill()
    assert len(inner.requests) == 20
