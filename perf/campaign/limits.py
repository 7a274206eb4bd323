"""Requests for each call: where two runs share a cache, and where a server holds so many calls at
once and refuses the rest."""

# pyright: basic
from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from perf.campaign.rows import Row
from perf.client_throughput import running_server

ROOMS = (1, 4, 32, 100)
AT_ONCE = 256
LATENCY_S = 0.1
MOST_MORE = 150
"""Requests to find out how many a server holds; 3% of the calls are to see if it holds more."""


async def _crowd(url: str, n: int) -> tuple[float, int, int]:
    """Seconds that the calls took, requests that were sent, and calls given up."""
    import aiohttp

    from specloop.errors import ModelError
    from specloop.items import bounded
    from specloop.llm.backends import resolve
    from specloop.llm.base import Request
    from specloop.llm.calls.retry import Retrying
    from specloop.records import Message, Sampling

    model = Retrying(resolve("openai:bench", base_url=url))
    await model.aopen()

    async def call(i: int) -> bool:
        messages = (Message(role="user", content=f"Story {i}."),)
        try:
            await model.generate(Request(messages=messages, sampling=Sampling(seed=i)))
        except ModelError:
            return False
        return True

    began = time.monotonic()
    answered = [done async for _, done in bounded(call, range(n), AT_ONCE)]
    seconds = time.monotonic() - began
    await model.aclose()
    async with aiohttp.ClientSession() as session, session.get(f"{url[:-3]}/counts") as answer:
        counts = await answer.json(content_type=None)
    return seconds, sum(counts.values()), answered.count(False)


_RUN = """
import asyncio, sys
from pathlib import Path
from specloop.config import Config
from specloop.llm.base import Request
from specloop.items import bounded
from specloop.pipeline.model_pool import ModelPool, ModelRequest
from specloop.records import Message, Sampling

url, shared, own, n = sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])

async def main():
    pool = ModelPool(own, Config(cache={"folder": shared}))
    wanted = ModelRequest("target", "openai:bench", {"base_url": url}, 32)
    async with pool.open("bench", [wanted]) as opened:
        model = opened["target"].model
        ask = lambda i: model.generate(
            Request(messages=(Message(role="user", content="Story."),), sampling=Sampling(seed=i))
        )
        print(len([1 async for _ in bounded(ask, range(n), 32)]))

asyncio.run(main())
"""


def _sent(url: str) -> int:
    with urllib.request.urlopen(f"{url[:-3]}/counts") as answer:
        return sum(json.load(answer).values())


def _shared(work: Path, n: int, kill_at: int) -> tuple[int, list[str]]:
    """Two runs that make the same calls over one cache at once, the first killed after so many
    requests (0: not at all). Requests that were sent, and what each run says."""
    work.mkdir()
    with running_server(-1, "--latency", "0.05") as url:
        runs = [
            subprocess.Popen(
                [sys.executable, "-c", _RUN, url, str(work / "shared"), str(work / own), str(n)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for own in ("a", "b")
        ]
        while _sent(url) < kill_at:
            time.sleep(0.005)
        if kill_at:
            runs[0].kill()
        said = ["".join(run.communicate(timeout=300)) for run in runs]
        return _sent(url), said


def _sharing(size: float, work: Path, seed: int) -> Iterator[Row]:
    n, rng = max(50, round(size * 1000)), random.Random(seed)
    for name, most in (("two runs over one cache", 1.02), ("the same, one killed", 1.2)):
        kill_at = 0 if most == 1.02 else rng.randrange(n // 4, n // 2)
        n_sent, said = _shared(work / name, n, kill_at)
        done = [text.strip() == str(n) for text in said]
        wrong = int(not all(done[1 if kill_at else 0 :]) or n_sent > most * n)
        broken = sum("Traceback" in text for text in said)
        yield Row(name, 2 * n, 0, wrong, broken, n_sent / n)


def attacks(size: float, work: Path, seed: int) -> Iterator[Row]:
    """One row for each room, with and without Retry-After; two for runs that share a cache."""
    yield from _sharing(size, work, seed)
    for room in ROOMS:
        for wish, said in ((0.0, ""), (1.0, ", Retry-After")):
            n = max(20, round(size * (2000 if room > 1 else 600)))
            more = ("--latency", str(LATENCY_S), "--room", str(room), "--retry-after", str(wish))
            with running_server(-1, *more) as url:
                seconds, n_sent, given_up = asyncio.run(_crowd(url, n))
            sent, share = n_sent / n, n * LATENCY_S / room / seconds
            name = f"a server that holds {room}{said} ({share:.0%} of its rate)"
            yield Row(name, n, given_up, int(n_sent > n + MOST_MORE + 0.03 * n), 0, sent)
