"""Draw several answers and choose among them by their scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from specloop.ended import is_blank
from specloop.errors import InputError
from specloop.items import at_once
from specloop.records import Message
from specloop.responding.base import MethodAnswer, MethodContext
from specloop.responding.thinking import plain_answer

_SEED_STEP = 1_000_003
_SEEDS = 2**31
"""Seeds have 32 bits on servers."""


class Ranked(NamedTuple):
    """The places of the best and the worst scored answer; of equal scores the earlier one."""

    best: int
    worst: int


def rank(scores: Sequence[float | None]) -> Ranked:
    """Rank the answers. Unscored ones are neither best nor worst; if none is scored, the first is
    both."""
    known = [(score, place) for place, score in enumerate(scores) if score is not None]
    if not known:
        return Ranked(0, 0)
    best = max(known, key=lambda scored: scored[0])
    worst = min(known, key=lambda scored: scored[0])
    return Ranked(best[1], worst[1])


def choose(drafts: Sequence[MethodAnswer], scores: Sequence[float | None]) -> MethodAnswer:
    """The best scored answer; if none is scored, the first non-empty one."""
    if any(score is not None for score in scores):
        return drafts[rank(scores).best]
    return next((draft for draft in drafts if not is_blank(draft.text)), drafts[0])


def must_choose(context: MethodContext, name: str) -> None:
    """InputError if there is no scorer to choose by, or nothing to choose among."""
    if context.scorer is None:
        raise InputError(
            f"{name} chooses by a scorer: set scorer (under [evaluate] or [specbench]; in Inspect"
            " by -T or -S), such as judge"
        )
    if context.sampling.temperature == 0:
        raise InputError(
            f"{name} draws several answers, which are all alike at temperature 0: set a higher"
            " temperature under [specbench]"
        )


async def draft(
    context: MethodContext, messages: Sequence[Message], purpose: str, number: int
) -> MethodAnswer:
    """Draw one answer with the seed of its number.

    Number 0 has the sampling's own seed, so that a first answer is the same call as vanilla's; all
    others differ even if the request is the same.
    """
    seed = (context.sampling.seed + number * _SEED_STEP) % _SEEDS
    return plain_answer(await context.ask(messages, purpose, seed=seed), context)


async def draw(
    context: MethodContext, messages: Sequence[Message], numbers: range
) -> list[MethodAnswer]:
    """Draw several answers at once."""

    async def one(number: int) -> MethodAnswer:
        return await draft(context, messages, "candidate", number)

    drawn = await at_once(one, numbers)
    return [drawn[number] for number in numbers]
