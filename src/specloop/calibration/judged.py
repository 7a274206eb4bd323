"""A judge asked about labelled cases: bounded, resumed, and stopped where it cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from specloop.items import Loop, each, local
from specloop.judging.base import JudgeCase
from specloop.judging.grader import Grader, unread
from specloop.llm.roles import RoleModel
from specloop.records import Failure, Judgement
from specloop.store import RecordStore
from specloop.tolerance import Legibility


class NamedCase(NamedTuple):
    """What a judge is given, and what failures call it."""

    name: str
    case: JudgeCase


class Asking(NamedTuple):
    """Who is asked, and how that is told."""

    grader: Grader
    role_model: RoleModel | None
    title: str
    stage: str
    max_failures: float


async def judge_cases(
    cases: Sequence[NamedCase], asking: Asking, store: RecordStore
) -> list[Judgement | Failure]:
    """The judge's verdicts on every case; what the store has is kept. RunStoppedError if too many
    fail or cannot be read."""
    grader, role_model, title, stage, max_failures = asking
    known = {judgement.id: judgement for judgement in store.read(Judgement)}
    legibility = Legibility(f"judge {grader.name}", max_failures)
    model = role_model.model if role_model else None

    async def judged(one: NamedCase) -> Judgement:
        return await grader.ended_judgement(one.case, model)

    def seen(_: NamedCase, result: Judgement | Failure) -> None:
        if isinstance(result, Judgement):
            for trouble in unread("whole", result):
                legibility.add(trouble)

    loop = Loop[NamedCase, Judgement](
        title,
        stage,
        lambda one: one.name,
        local(role_model.settings.concurrency if role_model else 1),
        max_failures,
        earlier=lambda one: known.get(grader.blank(one.case.answer).id),
        record=store.append,
        keep=lambda due: store.append(judgement for _, judgement in due),
        seen=seen,
    )
    return await each(judged, cases, loop)
