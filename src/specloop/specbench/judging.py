"""Judgements of stored answers, resumed by what the folder has."""

from __future__ import annotations

from specloop.ended import NOTHING
from specloop.items import Loop, each, local
from specloop.judging.base import JudgeCase, decidable, with_rubric
from specloop.judging.grader import Grader
from specloop.llm.base import Model
from specloop.records import Answer, Case, Failure, Judgement, Scenario
from specloop.responding.answers import Answering
from specloop.specbench.cases import JudgeKey
from specloop.specbench.stored import Stored
from specloop.tolerance import Legibility


async def judge_answers(
    stored: Stored, grader: Grader, model: Model | None, place: Answering
) -> int:
    """Judge every answer that this judge has not judged yet; how many failed.

    A judgement is written once it and all before it are there; a failed one is tried again at the
    next run. RunStoppedError where too large a share fails, or cannot be read: those of earlier
    runs count as well.
    """
    rows = {row.id: (scenario, row) for scenario in stored.scenarios for row in scenario.rows}
    answers, known = _judgeable(stored, grader), _judged(stored, grader)
    legibility = Legibility(place.title, place.max_failures, len(answers))

    async def decide(answer: Answer) -> Judgement:
        return await grader.judgement(case_of(*rows[answer.case], answer), model)

    def name(answer: Answer) -> str:
        row = rows[answer.case][1]
        return f"{place.title}: {answer.id} ({row.scenario}[{row.number}])"

    loop = Loop[Answer, Judgement](
        place.title,
        place.stage,
        name,
        local(place.concurrency),
        place.max_failures,
        record_id=lambda answer: grader.blank(answer.id).id,
        earlier=lambda answer: known.get(answer.id),
        record=place.folder.append,
        keep=lambda due: place.folder.append(judgement for _, judgement in due),
        seen=lambda _, one: legibility.add(unread(one)) if isinstance(one, Judgement) else None,
    )
    judged = await each(decide, answers, loop)
    return sum(isinstance(one, Failure) for one in judged)


def _judged(stored: Stored, grader: Grader) -> dict[str, Judgement]:
    """The judge's judgements by answer."""
    key = JudgeKey.by(grader)
    return {one.answer: one for one in stored.judgements if JudgeKey.of(one) == key}


def unread(judgement: Judgement) -> str:
    """Why most of a judgement could not be read; empty where it could be, where nothing was asked,
    or where the answer is why nothing counts."""
    asked = [verdict for verdict in judgement.verdicts if verdict.kind == "model"]
    left = [one for one in asked if one.value == "unscored"]
    if not judgement.cost.n_calls or judgement.suspicions or 2 * len(left) <= len(asked):
        return ""
    return left[0].rationale or "it gave no verdicts"


def unjudged(stored: Stored, grader: Grader) -> list[Answer]:
    """The answers that this judge has not judged yet, to rows of the scenarios."""
    judged = _judged(stored, grader)
    return [one for one in _judgeable(stored, grader) if one.id not in judged]


def _judgeable(stored: Stored, grader: Grader) -> list[Answer]:
    """All answers to rows of the scenarios; those to one row stand together, so that they share the
    beginning of a prompt. Where nothing came there is nothing to judge, except for the
    reference protocol's judge."""
    every = (row.id for scenario in stored.scenarios for row in scenario.rows)
    places = {row: place for place, row in enumerate(every)}
    answers = [one for one in stored.answers if one.case in places]
    if grader.protocol != "reference":
        answers = [one for one in answers if one.end not in NOTHING]
    return sorted(answers, key=lambda one: places[one.case])


def case_of(scenario: Scenario, row: Case, answer: Answer) -> JudgeCase:
    """What a judge is given of an answer."""
    case = case_on(scenario, row, answer.text)
    return case._replace(answer=answer.id, finish=answer.finish, silent=answer.silent)


def case_on(scenario: Scenario, row: Case, text: str) -> JudgeCase:
    """The same of an answer that is only a text."""
    case = JudgeCase(
        specs=decidable(scenario.specs),
        query=row.query,
        response=text,
        scenario=scenario.description,
        reference=row.reference,
        label=row.label,
        conversation=row.conversation,
    )
    return with_rubric(case, row.rubric)
