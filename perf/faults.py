"""Calls over a server with faults: 5% 429 with Retry-After, 2% 500, 1% dropped connections, 1%
malformed bodies. None may be lost, and few requests may be sent beyond one a call.

    python perf/faults.py [--n 3000] [--concurrency 256] [--seed 0]
"""

# pyright: basic
from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import urlopen

from specloop.config import Config
from specloop.errors import ModelError
from specloop.items import bounded
from specloop.llm.base import Request
from specloop.pipeline.model_pool import ModelPool, ModelRequest
from specloop.records import Message, Sampling

MOST_REQUESTS = 1.15
"""A call, on average."""


class Outcome(NamedTuple):
    """Of all calls."""

    n_lost: int
    seconds: float


async def call_all(url: str, n: int, concurrency: int, **options: Any) -> Outcome:
    """Make the calls through all that a run puts around a model, `concurrency` at once."""
    with tempfile.TemporaryDirectory() as folder:
        request = ModelRequest("target", "openai:bench", {"base_url": url, **options})
        async with ModelPool(Path(folder), Config()).open("bench", [request]) as opened:
            model = opened["target"].model

            async def answered(i: int) -> bool:
                messages = (Message(role="user", content=f"Write about garden number {i}."),)
                try:
                    reply = await model.generate(
                        Request(messages=messages, sampling=Sampling(seed=i))
                    )
                except ModelError as error:
                    print(error)
                    return False
                return len(reply.text) > 1000

            start = time.perf_counter()
            answers = [well async for _, well in bounded(answered, range(n), concurrency)]
            return Outcome(n - sum(answers), time.perf_counter() - start)


def main() -> int:
    from client_throughput import running_server

    parser = argparse.ArgumentParser()
    parser.add_argument("--n", type=int, default=3000)
    parser.add_argument("--concurrency", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    core = min(os.sched_getaffinity(0))
    with running_server(core, "--faults", "--seed", str(options.seed)) as url:
        outcome = asyncio.run(call_all(url, options.n, options.concurrency))
        with urlopen(url.removesuffix("/v1") + "/counts") as answer:
            counts = json.load(answer)
    n_sent = sum(counts.values())
    print(f"{options.n} calls, {options.concurrency} at once, in {outcome.seconds:.1f} s")
    print("requests: " + ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items())))
    lost, few = outcome.n_lost == 0, n_sent / options.n <= MOST_REQUESTS
    print(f"{'met   ' if lost else 'MISSED'}  {outcome.n_lost} calls lost (0)")
    rate = f"{n_sent / options.n:.3f} requests a call (at most {MOST_REQUESTS})"
    print(f"{'met   ' if few else 'MISSED'}  {rate}")
    return 0 if lost and few else 1


if __name__ == "__main__":
    sys.exit(main())
