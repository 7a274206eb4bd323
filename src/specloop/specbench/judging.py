"""Judgements of stored answers, resumed by what the folder has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from specloop.ended import NOTHING
from specloop.items import Loop, each, local
from specloop.judging.base import JudgeCase, decidable
from specloop.judging.grader import Grader
from specloop.llm.base import Model
from specloop.records import (
    Answer,
    Case,
    Failure,
    Judgement,
    Scenario,
)
from specloop.specbench.cases import JudgeKey
from specloop.store import RecordStore
from specloop.tolerance import Legibility


class AnswersToJudge(NamedTuple):
    """Answers to be judged."""

    folder: RecordStore
    scenarios: Sequence[Scenario]
    answers: Sequence[Answer]
    concurrency: int = 16
    max_failures: float = 0.2


async def judge_answers(to_judge: AnswersToJudge, grader: Grader, model: Model | None) -> int:
    """Judge every answer that this judge has not judged yet; how many failed.

    A judgement is written once it and all before it are there; a failed one is tried again at the
    next run. RunStoppedError where too large a share fails, or cannot be read: those of earlier
    runs count as well.
    """
    rows = {row.id: (s, row) for s in to_judge.scenarios for row in s.rows}
    answers, had = _judgeable(to_judge, grader), _had(to_judge, grader)
    title = f"verdicts of {grader.name} by {grader.model}"
    legibility = Legibility(title, to_judge.max_failures, len(answers))

    async def decide(answer: Answer) -> Judgement:
        return await grader.judgement(case_of(*rows[answer.case], answer), model)

    def name(answer: Answer) -> str:
        row = rows[answer.case][1]
        return f"{title}: {answer.id} ({row.scenario}[{row.number}])"

    loop = Loop[Answer, Judgement](
        title,
        "judge",
        name,
        local(to_judge.concurrency),
        to_judge.max_failures,
        record_id=lambda answer: grader.blank(answer.id).id,
        earlier=lambda answer: had.get(answer.id),
        record=to_judge.folder.append,
        keep=lambda due: to_judge.folder.append(judgement for _, judgement in due),
        seen=lambda _, one: legibility.add(unread(one)) if isinstance(one, Judgement) else None,
    )
    judged = await each(decide, answers, loop)
    return sum(isinstance(one, Failure) for one in judged)


def _had(to_judge: AnswersToJudge, grader: Grader) -> dict[str, Judgement]:
    """The judge's judgements by answer."""
    known, key = to_judge.folder.read(Judgement), JudgeKey.by(grader)
    return {one.answer: one for one in known if JudgeKey.of(one) == key}


def unread(judgement: Judgement) -> str:
    """Why most of a judgement could not be read; empty where it could be, where nothing was asked,
    or where the answer is why nothing counts."""
    asked = [verdict for verdict in judgement.verdicts if verdict.kind == "model"]
    left = [one for one in asked if one.value == "unscored"]
    if not judgement.cost.n_calls or judgement.suspicions or 2 * len(left) <= len(asked):
        return ""
    return left[0].rationale or "it gave no verdicts"


def unjudged(to_judge: AnswersToJudge, grader: Grader) -> list[Answer]:
    """The answers that this judge has not judged yet, to rows of the scenarios."""
    had = _had(to_judge, grader)
    return [one for one in _judgeable(to_judge, grader) if one.id not in had]


def _judgeable(to_judge: AnswersToJudge, grader: Grader) -> list[Answer]:
    """All answers to rows of the scenarios; those to one row stand together, so that they share the
    beginning of a prompt. Where nothing came there is nothing to judge, except for the
    reference protocol's judge."""
    every = (row.id for scenario in to_judge.scenarios for row in scenario.rows)
    places = {row: place for place, row in enumerate(every)}
    known = [d for d in to_judge.answers if d.case in places]
    if grader.protocol != "reference":
        known = [d for d in known if d.end not in NOTHING]
    return sorted(known, key=lambda one: places[one.case])


def case_of(scenario: Scenario, row: Case, answer: Answer) -> JudgeCase:
    """What a judge is given of an answer."""
    case = case_on(scenario, row, answer.text)
    return case._replace(answer=answer.id, finish=answer.finish, silent=answer.silent)


def case_on(scenario: Scenario, row: Case, text: str) -> JudgeCase:
    """The same of an answer that is only a text."""
    return JudgeCase(
        specs=decidable(scenario.specs),
        query=row.query,
        response=text,
        scenario=scenario.description,
        reference=row.reference,
        label=row.label,
        conversation=row.conversation,
    )
