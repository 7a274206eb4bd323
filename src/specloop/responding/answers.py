"""Answers of an entrant to the cases of any benchmark, resumed by what a folder has."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence, Set
from typing import NamedTuple

from specloop.ended import NOTHING, silence, with_remedy
from specloop.items import Loop, each, local
from specloop.llm.calls.calls import replays
from specloop.llm.calls.wrap import Log
from specloop.records import (
    Answer,
    Failure,
    Judgement,
    Record,
    Timing,
)
from specloop.responding.base import MethodContext, Task
from specloop.responding.entrant import Entrant
from specloop.store import RecordStore
from specloop.tolerance import Legibility

_TAGS = re.compile(r"</?think>")


class CaseToAnswer(NamedTuple):
    """One case to be answered."""

    task: Task
    blank: Answer
    """The record without its answer: it has its id already."""
    name: str = ""
    """What failures call it."""


class Answering(NamedTuple):
    """Where answers go, and how many may be under way or fail."""

    folder: RecordStore
    stage: str
    title: str
    concurrency: int = 16
    max_failures: float = 0.2


async def answer_all(
    asks: Sequence[CaseToAnswer], entrant: Entrant, context: MethodContext, place: Answering
) -> list[Answer | Failure]:
    """An answer to every case, in their order; those that the folder has are kept.

    An answer is written once it and all before it are there. A failed one, and one in which nothing
    came, is recorded in `failures.jsonl` and tried again at the next run, from the call store where
    it has the replies. RunStoppedError where too large a share fails, or where the scorer that
    chooses cannot be read. In the reference protocol an answer in which nothing came is an answer.
    """
    folder = place.folder
    known = {one.id: one for one in folder.read(Answer) if not is_failed(one)}
    _forget(folder, {ask.blank.id for ask in asks} - known.keys())
    if asks:
        entrant.method.check(context._replace(sampling=asks[0].blank.sampling))
    legibility = Legibility(f"{place.title}: choices", place.max_failures, len(asks))

    async def answered(ask: CaseToAnswer) -> Answer:
        return await answer_case(ask, entrant, context)

    def seen(_: CaseToAnswer, answer: Answer | Failure) -> None:
        if isinstance(answer, Answer):
            legibility.add(_unchosen(answer))

    loop = Loop[CaseToAnswer, Answer](
        place.title,
        place.stage,
        lambda ask: ask.name,
        local(place.concurrency),
        place.max_failures,
        record_id=lambda ask: ask.blank.id,
        earlier=lambda ask: known.get(ask.blank.id),
        failing=lambda answer: with_remedy(answer.end) if is_failed(answer) else "",
        record=folder.append,
        keep=lambda due: folder.append(r for _, answer in due for r in _kept(answer)),
        seen=seen,
    )
    return await each(answered, asks, loop)


async def answer_case(ask: CaseToAnswer, entrant: Entrant, context: MethodContext) -> Answer:
    """What the entrant makes of one case, with the case's sampling; ModelError where a call
    failed."""
    log, start = Log(), time.monotonic()
    context = context._replace(sampling=ask.blank.sampling, log=log)
    with replays() as replayed:
        answer = await entrant.method.answer(ask.task, context)
    wall_s = 0.0 if replayed else time.monotonic() - start
    update = answer._asdict() | {
        "silent": silence(answer.text, answer.finish, _TAGS.sub("", answer.thought)),
        "prompt": log.prompt,
        "steps": log.steps,
        "paper_tokens": entrant.method.paper_tokens(log.steps).completion,
        "cost": log.cost.model_copy(update={"wall_s": wall_s}),
    }
    return ask.blank.model_copy(update=update)


def is_failed(answer: Answer) -> bool:
    """Whether it is no answer: nothing came. The reference protocol takes nothing for one."""
    return answer.end in NOTHING and answer.protocol != "reference"


def _kept(answer: Answer) -> list[Record]:
    """An answer as it is written, with its time beside it. A failed one is made again."""
    cost = answer.cost.model_copy(update={"wall_s": 0.0})
    bare = answer.model_copy(update={"cost": cost})
    if is_failed(answer) or not answer.cost.wall_s:
        return [bare]
    return [bare, Timing(answer=answer.id, wall_s=answer.cost.wall_s)]


def _unchosen(answer: Answer) -> str:
    """Why nothing was chosen where something should have been; else empty."""
    if not answer.scores or any(score is not None for score in answer.scores):
        return ""
    return f"the scorer could tell nothing of any of {len(answer.scores)} answers to choose among"


def _forget(folder: RecordStore, ids: Set[str]) -> None:
    """Make place for answers that are given again, and for what is judged of them."""
    old = folder.read(Answer)
    if ids.isdisjoint(one.id for one in old):
        return
    # Judgements first: after a kill in between it is seen that the answers are still to go.
    judged = folder.read(Judgement)
    folder.replace(Judgement, [one for one in judged if one.answer not in ids])
    folder.replace(Answer, [one for one in old if one.id not in ids])
