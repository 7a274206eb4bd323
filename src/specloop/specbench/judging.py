"""Judgements of stored answers, resumed by what the folder has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from specloop.ended import NOTHING
from specloop.items import Loop, each, local
from specloop.judging.base import Judge, JudgeCase, decidable
from specloop.llm.base import Model
from specloop.records import (
    Answer,
    Case,
    Failure,
    Judgement,
    ProtocolName,
    Scenario,
    content_id,
)
from specloop.responding.answers import billed
from specloop.responding.base import Log, Logged
from specloop.specbench.cases import JudgeKey
from specloop.store import RecordStore
from specloop.tolerance import Legibility


class Grader(NamedTuple):
    """A judge with its options on a model."""

    name: str
    judge: Judge
    model: str
    protocol: ProtocolName = "specloop"
    options: str = ""
    """The model with its options that decide a reply, as its calls are known."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """The judge's options that are not the defaults."""
        return self.judge.model_dump(mode="json", exclude_defaults=True)

    @property
    def request_digest(self) -> str:
        """Digest of its wording and of its model's options."""
        return content_id([self.judge.digest, self.options])

    @property
    def key(self) -> JudgeKey:
        """What its judgements are told by."""
        return JudgeKey.of(_blank("", self))


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
        return await judge_one(answer, case_of(*rows[answer.case], answer), grader, model)

    def name(answer: Answer) -> str:
        row = rows[answer.case][1]
        return f"{title}: {answer.id} ({row.scenario}[{row.number}])"

    loop = Loop[Answer, Judgement](
        title,
        "judge",
        name,
        local(to_judge.concurrency),
        to_judge.max_failures,
        record_id=lambda answer: _blank(answer.id, grader).id,
        had=lambda answer: had.get(answer.id),
        record=to_judge.folder.append,
        keep=lambda due: to_judge.folder.append(judgement for _, judgement in due),
        seen=lambda _, one: legibility.add(unread(one)) if isinstance(one, Judgement) else None,
    )
    judged = await each(decide, answers, loop)
    return sum(isinstance(one, Failure) for one in judged)


def _had(to_judge: AnswersToJudge, grader: Grader) -> dict[str, Judgement]:
    """The judge's judgements by answer."""
    known = to_judge.folder.read(Judgement)
    return {one.answer: one for one in known if JudgeKey.of(one) == grader.key}


def unread(judgement: Judgement) -> str:
    """Why most of a judgement could not be read; empty where it could be, where nothing was asked,
    or where the answer is why nothing counts."""
    asked = [one for one in judgement.verdicts if one.kind == "model"]
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
    return case._replace(finish=answer.finish, silent=answer.silent)


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


def _blank(answer: str, grader: Grader) -> Judgement:
    """The record without its verdicts: it has its id already."""
    return Judgement(verdicts=(), **_about(answer, grader))


def _about(answer: str, grader: Grader) -> dict[str, Any]:
    return {
        "answer": answer,
        "judge": grader.name,
        "settings": dict(grader.settings),
        "model": grader.model,
        "protocol": grader.protocol,
        "request_digest": grader.request_digest,
    }


async def judge_one(
    answer: Answer, case: JudgeCase, grader: Grader, model: Model | None
) -> Judgement:
    """The verdicts on one answer; ModelError where the model gave none at all."""
    log = Log()
    found = await grader.judge.judge(case, Logged(model, log, "judge") if model else None)
    return Judgement.of(**found._asdict(), **_about(answer.id, grader), cost=billed(log.steps))
