"""The clients that `client_throughput.py` compares: each makes n calls, so many at once.

    python perf/throughput_clients.py CLIENT URL CONCURRENCY N

prints what it took as one line of JSON. One client a process: nothing of another is in memory.
"""

# pyright: basic
from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

SYSTEM = "You are the assistant of a garden shop. " * 4
MAX_TOKENS = 400


class Job(NamedTuple):
    """What a client is to do."""

    url: str
    concurrency: int
    n: int


class Took(NamedTuple):
    """Of a measured stretch of calls."""

    seconds: float
    cpu_s: float


def question(i: int) -> str:
    return f"Write a long story about garden number {i}."


def body(i: int) -> dict[str, Any]:
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question(i)}]
    fixed = {"temperature": 0.8, "top_p": 1.0, "seed": i, "max_tokens": MAX_TOKENS}
    return {"model": "bench", "messages": messages, **fixed}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def measured(call: Callable[[int], Awaitable[str]], job: Job) -> Took:
    """Make the calls with as many plain workers as there may be calls at once."""
    await call(-1)
    numbers = iter(range(job.n))

    async def worker() -> None:
        for i in numbers:
            assert len(await call(i)) > 1000

    start, cpu = time.perf_counter(), _cpu()
    await asyncio.gather(*(worker() for _ in range(job.concurrency)))
    return Took(time.perf_counter() - start, _cpu() - cpu)


async def bare(job: Job) -> Took:
    """The ceiling: aiohttp, JSON out and in, nothing else."""
    import aiohttp

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def call(i: int) -> str:
            async with session.post(f"{job.url}/chat/completions", json=body(i)) as answer:
                reply = json.loads(await answer.read())
            return reply["choices"][0]["message"]["content"]

        return await measured(call, job)


async def _specloop(model: Any, job: Job) -> Took:
    """Over `bounded`, as every stage goes."""
    from specloop.items import bounded
    from specloop.llm.base import Request
    from specloop.records import Message, Sampling

    def request(i: int) -> Request:
        messages = (
            Message(role="system", content=SYSTEM),
            Message(role="user", content=question(i)),
        )
        sampling = Sampling(temperature=0.8, seed=max(i, 0), max_tokens=MAX_TOKENS)
        return Request(messages=messages, sampling=sampling)

    async def call(i: int) -> str:
        return (await model.generate(request(i))).text

    await call(-1)
    start, cpu = time.perf_counter(), _cpu()
    async for _, text in bounded(call, range(job.n), job.concurrency):
        assert len(text) > 1000
    return Took(time.perf_counter() - start, _cpu() - cpu)


async def specloop_uncached(job: Job) -> Took:
    """specloop's model with its retries."""
    from specloop.llm.backends import resolve
    from specloop.llm.calls.retry import Retrying

    model = Retrying(resolve("openai:bench", base_url=job.url))
    await model.aopen()
    took = await _specloop(model, job)
    await model.aclose()
    return took


async def specloop(job: Job) -> Took:
    """All that a run puts around a model: retries, metering, every call stored before its use."""
    from specloop.config import Config
    from specloop.pipeline.model_pool import ModelPool, ModelRequest

    with tempfile.TemporaryDirectory() as folder:
        pool = ModelPool(Path(folder), Config())
        request = ModelRequest("target", "openai:bench", {"base_url": job.url}, job.concurrency)
        async with pool.open("bench", [request]) as opened:
            return await _specloop(opened["target"].model, job)


async def openai_sdk(job: Job) -> Took:
    from openai import AsyncOpenAI

    async with AsyncOpenAI(base_url=job.url, api_key="none") as client:

        async def call(i: int) -> str:
            reply = await client.chat.completions.create(**body(i))
            return reply.choices[0].message.content or ""

        return await measured(call, job)


def threads(job: Job) -> Took:
    """The sync SDK in a thread pool, as the SpecBench reference does it."""
    from concurrent.futures import ThreadPoolExecutor

    from openai import OpenAI

    client = OpenAI(base_url=job.url, api_key="none")

    def call(i: int) -> str:
        return client.chat.completions.create(**body(i)).choices[0].message.content or ""

    call(-1)
    with ThreadPoolExecutor(job.concurrency) as pool:
        start, cpu = time.perf_counter(), _cpu()
        for text in pool.map(call, range(job.n)):
            assert len(text) > 1000
        return Took(time.perf_counter() - start, _cpu() - cpu)


async def inspect_api(job: Job) -> Took:
    """Inspect's `Model.generate`, each call in a task of its own, its connection limit raised."""
    from inspect_ai.model import (
        ChatMessageSystem,
        ChatMessageUser,
        GenerateConfig,
        get_model,
    )

    model = get_model("openai-api/bench/bench", base_url=job.url, api_key="none")

    async def call(i: int) -> str:
        config = GenerateConfig(
            temperature=0.8,
            seed=max(i, 0),
            max_tokens=MAX_TOKENS,
            max_connections=job.concurrency,
        )
        asked = [ChatMessageSystem(content=SYSTEM), ChatMessageUser(content=question(i))]
        output = await asyncio.create_task(model.generate(asked, config=config))
        return output.completion

    return await measured(call, job)


CLIENTS: dict[str, Callable[[Job], Any]] = {
    "bare aiohttp": bare,
    "specloop, no cache": specloop_uncached,
    "specloop": specloop,
    "openai SDK": openai_sdk,
    "openai SDK, threads": threads,
    "Inspect": inspect_api,
}


def peak_mb() -> float:
    """Peak memory of this process alone; getrusage would count its parent's too."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    _, name, url, concurrency, n, *core = sys.argv
    if core:
        os.sched_setaffinity(0, {int(core[0])})
    made = CLIENTS[name](Job(url, int(concurrency), int(n)))
    took: Took = asyncio.run(made) if asyncio.iscoroutine(made) else made
    print(json.dumps({**took._asdict(), "peak_mb": peak_mb()}))
