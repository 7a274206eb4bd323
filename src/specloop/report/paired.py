"""Compute paired differences between two evaluations that were not compared when they were made.

Every evaluation records its differences from the base. The difference between a trained model and a
baseline is computed here from the recorded answers and verdicts, with the same cases and intervals
as in the evaluation stage.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from specloop.ended import NOTHING
from specloop.evaluation import EvaluationSet
from specloop.evaluation.answers import completed
from specloop.evaluation.evidence import evidence_of
from specloop.evaluation.score import JudgedAnswer, check_answers
from specloop.measuring.figures import Sides, differences
from specloop.metrics import Cases, cases_in
from specloop.records import Evaluation, Figure, Verdict
from specloop.report.data import ReportData
from specloop.report.eval_set import answers_of, eval_set_of
from specloop.stats import Resampling

Key = tuple[str, str]
"""A figure's name and group."""


def paired_differences(
    data: ReportData, after: Evaluation, other: Evaluation, wanted: Collection[Key]
) -> dict[Key, Figure]:
    """`after - other` on the answers that both gave, with bounds for the missing ones; empty if the
    run lacks answers or verdicts."""
    eval_set = eval_set_of(data)
    if eval_set is None or eval_set.benchmark != after.benchmark:
        return {}
    mine, theirs = _graded(data, eval_set, after), _graded(data, eval_set, other)
    answered = [{g.item for g in own if g.answer.end not in NOTHING} for own in (mine, theirs)]
    items = answered[0] & answered[1]

    def sides(shown: Callable[[JudgedAnswer], bool]) -> Sides:
        own = ([g for g in graded if shown(g)] for graded in (mine, theirs))
        measured = (cases_in(evidence_of(graded, eval_set)) for graded in own)
        return Sides(*([cases for cases in every if _key(cases) in wanted] for every in measured))

    shared, asked = sides(lambda g: g.item in items), sides(lambda g: True)
    how = Resampling(eval_set.settings.confidence, eval_set.settings.seed)
    metrics = {(m.name, m.group): m for m in differences(shared, asked, how)}
    return {key: figure for key, figure in metrics.items() if figure.value is not None}


def _key(cases: Cases) -> Key:
    return cases.metric.name, cases.group


def _graded(
    data: ReportData, eval_set: EvaluationSet, evaluation: Evaluation
) -> list[JudgedAnswer]:
    probes = {probe.id: probe for probe in eval_set.chosen}
    answers = {answer.id: answer for answer in answers_of(data, evaluation, eval_set)}
    verdicts: dict[str, list[Verdict]] = {answer: [] for answer in answers}
    for verdict in data.verdicts:
        if verdict.kind == "check" and verdict.answer in verdicts:
            verdicts[verdict.answer].append(verdict)
    graded = [
        JudgedAnswer(probes[answer.case], answer, tuple(verdicts[answer.id]))
        for answer in answers.values()
        if answer.case in probes
    ]
    if not graded:
        return []
    stand_ins = (a for a in completed([g.answer for g in graded], eval_set) if a.end == "failed")
    return [*graded, *check_answers(stand_ins, eval_set)]
