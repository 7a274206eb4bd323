"""Speed of the embedded backend beside the bare runtime's own loop; then training beside bare TRL.

Both decode the same prompts with the same seeds, each on a pipeline of its own of the same
settings, taking turns within one run; the figures are medians, since a shared machine is noisy.
The bare loop is what the runtime's documentation shows: add every request, step until none is left,
decode.

    python perf/embedded.py [--model qwen2.5-coder-1.5b] [--repeats 5] [--skip-training]
"""

# pyright: basic
from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from statistics import median
from typing import Any, NamedTuple

from specloop.llm.backends import resolve
from specloop.llm.backends.embedded import Embedded, weights
from specloop.llm.backends.embedded.engine import load_pipeline
from specloop.llm.base import Model, Request
from specloop.records import Message, Sampling

MAX_TOKENS = 96
RULES = " ".join(
    f"Rule {i}: asked about shelf {i}, name its price, say where it stands and offer your help."
    for i in range(8)
)


class Case(NamedTuple):
    """So many requests at once, with or without a long common beginning."""

    title: str
    n_requests: int
    shared: str = ""


CASES = (
    Case("1 request", 1),
    Case("16 requests", 16),
    Case("32 requests", 32),
    Case("16 requests, shared beginning", 16, RULES),
)


def prompts(case: Case, round_: int) -> list[Request]:
    """Requests that no round before has asked, so that no cache has them."""
    return [
        Request(
            messages=(
                Message(role="system", content=f"Round {round_}, {case.title}. {case.shared}"),
                Message(role="user", content=f"Write a long story about garden number {i}."),
            ),
            sampling=Sampling(temperature=0.8, top_k=40, seed=i, max_tokens=MAX_TOKENS),
        )
        for i in range(case.n_requests)
    ]


async def ours(model: Model, requests: Sequence[Request]) -> float:
    """Generated tokens a second."""
    start = time.perf_counter()
    replies = await asyncio.gather(*(model.generate(request) for request in requests))
    seconds = time.perf_counter() - start
    return sum(reply.usage.completion_tokens for reply in replies) / seconds


def bare(pipeline: Any, requests: Sequence[Request]) -> float:
    """Generated tokens a second."""
    tokenizer = pipeline.get_tokenizer()
    start = time.perf_counter()
    handles = []
    for i, request in enumerate(requests):
        turns = [message.model_dump() for message in request.messages]
        prompt = tokenizer.apply_chat_template(turns, add_generation_prompt=True)
        handles.append(pipeline.add_request(i, prompt, _bare_config(request.sampling)))
    while pipeline.has_non_finished_requests():
        pipeline.step()
    ids = [handle.read_all()[0].generated_ids for handle in handles]
    for row in ids:
        tokenizer.decode(row)
    return sum(map(len, ids)) / (time.perf_counter() - start)


def _bare_config(sampling: Sampling) -> Any:
    import openvino_genai

    config = openvino_genai.GenerationConfig()
    config.apply_chat_template = False
    config.do_sample = True
    config.temperature = sampling.temperature
    config.top_k = sampling.top_k
    config.rng_seed = sampling.seed
    config.max_new_tokens = sampling.max_tokens
    return config


async def decoding(name: str, repeats: int) -> None:
    """Print a line for each case."""
    pipeline = load_pipeline(weights.find(name), Embedded())
    model = resolve(f"embedded:{name}")
    warm_up = prompts(CASES[0], -1)
    bare(pipeline, warm_up)
    await ours(model, warm_up)
    print(f"generation, tokens a second (embedded:{name}, medians of {repeats})")
    print(f"  {'':32}{'specloop':>10}{'bare':>10}{'ratio':>8}   (aim: at least 0.90)")
    for case in CASES:
        pairs: list[tuple[float, float]] = []
        for round_ in range(repeats):
            requests = prompts(case, round_)
            if round_ % 2:
                there = bare(pipeline, requests)
                pairs.append((await ours(model, requests), there))
            else:
                here = await ours(model, requests)
                pairs.append((here, bare(pipeline, requests)))
        mine, theirs = median(a for a, _ in pairs), median(b for _, b in pairs)
        ratio = median(a / b for a, b in pairs)
        print(f"  {case.title:32}{mine:10.1f}{theirs:10.1f}{ratio:8.2f}", flush=True)
    await model.aclose()


def training() -> None:
    """Print seconds per 1,000 training tokens beside a bare TRL loop."""
    from training import main as training_main

    training_main()


def main() -> None:
    """Both parts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="smollm2-135m", choices=sorted(weights.CATALOGUE))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--skip-training", action="store_true")
    options = parser.parse_args()
    asyncio.run(decoding(options.model, options.repeats))
    if not options.skip_training:
        training()


if __name__ == "__main__":
    main()
