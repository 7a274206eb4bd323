"""Answers that are weighed against each other: drawing them and choosing by their scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from specloop.ended import Finish, is_blank
from specloop.errors import InputError
from specloop.items import at_once
from specloop.records import Message
from specloop.responding.base import MethodContext
from specloop.responding.thinking import plain

_SEED_STEP = 1_000_003
_SEEDS = 2**31
"""Servers take seeds of 32 bits."""


class AnswerDraft(NamedTuple):
    """One answer."""

    text: str
    thought: str = ""
    finish: Finish = "stop"


class Ranked(NamedTuple):
    """Places of the best and the worst of the scored; the earlier one where scores are equal."""

    best: int
    worst: int


def rank(scores: Sequence[float | None]) -> Ranked:
    """What could not be scored is neither best nor worst; where nothing could, the first is
    both."""
    known = [(score, place) for place, score in enumerate(scores) if score is not None]
    if not known:
        return Ranked(0, 0)
    best = max(known, key=lambda one: one[0])
    worst = min(known, key=lambda one: one[0])
    return Ranked(best[1], worst[1])


def choose(drafts: Sequence[AnswerDraft], scores: Sequence[float | None]) -> AnswerDraft:
    """The best of the scored; where nothing was, the first that says something."""
    if any(score is not None for score in scores):
        return drafts[rank(scores).best]
    return next((draft for draft in drafts if not is_blank(draft.text)), drafts[0])


def must_choose(context: MethodContext, name: str) -> None:
    """InputError where there is nothing to choose by, or nothing to choose among."""
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
) -> AnswerDraft:
    """One answer, with the seed of that number. 0 is the sampling's own, so that a first answer is
    the same call as vanilla's; every other is drawn anew even where the request is the same."""
    seed = (context.sampling.seed + number * _SEED_STEP) % _SEEDS
    reply = await context.ask(messages, purpose, seed=seed)
    parts = plain(reply, context.wording)
    return AnswerDraft(parts.text, parts.thought, reply.finish)


async def draw(
    context: MethodContext, messages: Sequence[Message], numbers: range
) -> list[AnswerDraft]:
    """Answers drawn at once."""

    async def one(number: int) -> AnswerDraft:
        return await draft(context, messages, "candidate", number)

    drawn = await at_once(one, numbers)
    return [drawn[number] for number in numbers]
