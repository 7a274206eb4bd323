"""Second looks at the violations that an entrant's answers are said to hold.

They change no figure: what was confirmed, and what would be if false alarms counted as kept, stands
beside.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from specloop.evaluation.inputs import EvaluationSet
from specloop.evaluation.judged import JudgedAnswer, answer_case
from specloop.items import Loop, each, local
from specloop.judging.base import JudgeCase
from specloop.judging.grader import unread
from specloop.judging.second_look import Looked, SecondLook
from specloop.records import Failure, Judgement, Rule, SecondLooks, Verdict
from specloop.store import RecordStore
from specloop.tolerance import Legibility


class _Found(NamedTuple):
    """An answer with what a model found broken."""

    graded: JudgedAnswer
    rules: Sequence[Rule]
    verdicts: Sequence[Verdict]


async def look_again(
    folder: RecordStore,
    graded: Sequence[JudgedAnswer],
    eval_set: EvaluationSet,
    look: SecondLook,
) -> SecondLooks | None:
    """What a second look says of each violation that a model found; None if there is none. What the
    folder has is kept. RunStoppedError where too many cannot be read."""
    found = [one for each_ in graded if (one := _found(each_, eval_set)).verdicts]
    if not found:
        return None
    known = {one.id: one for one in folder.read(Judgement)}
    n_verdicts = sum(len(one.verdicts) for one in found)
    legibility = Legibility(
        f"second look of {look.label}", eval_set.settings.max_failures, n_verdicts
    )

    def earlier(one: _Found) -> Judgement | None:
        grader = look.about(_case(one, eval_set), one.verdicts, one.rules).grader
        return known.get(grader.blank(one.graded.answer.id).id)

    async def looked(one: _Found) -> Judgement:
        return await look.at(_case(one, eval_set), one.verdicts, one.rules)

    def seen(one: _Found, result: Judgement | Failure) -> None:
        if isinstance(result, Judgement):
            for trouble in unread(one.graded.answer.end, result):
                legibility.add(trouble)

    loop = Loop[_Found, Judgement](
        "second look at violations",
        "evaluate",
        lambda one: f"second look:{one.graded.answer.id}",
        local(look.concurrency),
        earlier=earlier,
        record=folder.append,
        keep=lambda due: folder.append(judgement for _, judgement in due),
        seen=seen,
    )
    results = await each(looked, found, loop)
    return _counted(graded, [one for one in results if isinstance(one, Judgement)], look.label)


def _case(one: _Found, eval_set: EvaluationSet) -> JudgeCase:
    return answer_case(one.graded.probe, one.graded.answer, eval_set, one.rules)


def _found(graded: JudgedAnswer, eval_set: EvaluationSet) -> _Found:
    broken = [v for v in graded.verdicts if v.kind == "model" and v.value == "NO"]
    by_id = {rule.id: rule for rule in eval_set.instance_rules(graded.probe)}
    verdicts = [verdict for verdict in broken if verdict.rule in by_id]
    return _Found(graded, [by_id[verdict.rule] for verdict in verdicts], verdicts)


def _counted(
    graded: Iterable[JudgedAnswer], judgements: Iterable[Judgement], label: str
) -> SecondLooks:
    verdicts = [verdict for judgement in judgements for verdict in judgement.verdicts]
    looked = Looked.of(verdicts)
    values = [v.value for one in graded for v in one.verdicts if v.kind == "model"]
    n_kept, n_broken = values.count("YES"), values.count("NO")
    return SecondLooks(
        judge=label,
        confirmed=looked.confirmed,
        false_alarms=looked.false_alarms,
        open=looked.open,
        not_looked_at=n_broken - looked.n,
        kept=n_kept / (n_kept + n_broken),
        kept_without_alarms=(n_kept + looked.false_alarms) / (n_kept + n_broken),
    )
