"""Servers that hold so many calls at once and refuse the rest: requests for each call."""

# pyright: basic
from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.campaign.rows import Row
from benchmarks.client_throughput import running_server

ROOMS = (1, 4, 32, 100)
AT_ONCE = 256
LATENCY_S = 0.1
MOST_REQUESTS = 1.1


async def _crowd(url: str, n: int) -> tuple[float, int, int]:
    """Seconds that the calls took, requests that were sent, and calls given up."""
    import aiohttp

    from specloop.errors import ModelError
    from specloop.llm.base import Request, resolve
    from specloop.llm.retry import Retrying
    from specloop.llm.wrap import bounded
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
    async with aiohttp.ClientSession() as session, session.get(f"{url[:-3]}/counts") as told:
        counts = await told.json(content_type=None)
    return seconds, sum(counts.values()), answered.count(False)


def attacks(size: float, work: Path, seed: int) -> Iterator[Row]:
    """One row for each room, with and without Retry-After."""
    for room in ROOMS:
        for wish, said in ((0.0, ""), (1.0, ", Retry-After")):
            n = max(20, round(size * (2000 if room > 1 else 600)))
            more = ("--latency", str(LATENCY_S), "--room", str(room), "--retry-after", str(wish))
            with running_server(-1, *more) as url:
                seconds, n_sent, given_up = asyncio.run(_crowd(url, n))
            sent, share = n_sent / n, n * LATENCY_S / room / seconds
            name = f"a server that holds {room}{said} ({share:.0%} of its rate)"
            yield Row(name, n, given_up, int(sent > MOST_REQUESTS and n >= 600), 0, sent)
