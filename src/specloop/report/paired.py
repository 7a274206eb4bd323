"""The paired difference in compliance between two evaluations that were not compared when made.

Every evaluation records its differences to the base. What the preference part adds over a baseline
is taken here from the recorded verdicts, with the evaluation stage's own cases and intervals.
"""

from __future__ import annotations

from pydantic import ValidationError

from specloop.config import Evaluate
from specloop.evaluate import Exam
from specloop.evaluate.measures import Measure, measures
from specloop.evaluate.metrics import differences
from specloop.evaluate.score import Graded
from specloop.records import Evaluation, Metric, Verdict
from specloop.report.data import ReportData
from specloop.stats import Resampling


def paired_compliance(
    data: ReportData, after: Evaluation, other: Evaluation, group: str = ""
) -> Metric | None:
    """`after - other` on the answers both gave; None where the run lacks answers or verdicts."""
    exam = _exam(data)
    if exam is None or exam.benchmark != after.benchmark:
        return None
    mine, theirs = _graded(data, exam, after), _graded(data, exam, other)
    items = {g.item for g in mine} & {g.item for g in theirs}
    both = [
        [m for m in measures([g for g in own if g.item in items], exam) if _is_rcs(m, group)]
        for own in (mine, theirs)
    ]
    how = Resampling(exam.settings.confidence, exam.settings.seed)
    found = next(differences(both[0], both[1], how), None)
    return None if found is None or found.value is None else found


def _is_rcs(measure: Measure, group: str) -> bool:
    return measure.name == "rcs" and measure.group == group


def _exam(data: ReportData) -> Exam | None:
    """What the evaluations were measured on, as the manifest's configuration has it."""
    try:
        settings = Evaluate.model_validate(data.manifest.config.get("evaluate", {}))
    except ValidationError:
        return None
    return Exam(
        probes=tuple(probe for probe in data.probes if probe.split == "test"),
        instances=data.instances,
        rules=data.rules,
        held_out=data.held_out,
        settings=settings,
    )


def _graded(data: ReportData, exam: Exam, evaluation: Evaluation) -> list[Graded]:
    probes = {probe.id: probe for probe in exam.chosen}
    answers = {
        response.id: response
        for response in data.responses
        if response.purpose == "evaluation"
        and response.target == evaluation.label
        and response.made_by.model == evaluation.model
        and response.made_by.sampling in exam.samplings
        and response.probe in probes
    }
    verdicts: dict[str, list[Verdict]] = {answer: [] for answer in answers}
    for verdict in data.verdicts:
        if verdict.kind == "check" and verdict.response in verdicts:
            verdicts[verdict.response].append(verdict)
    return [
        Graded(probes[answer.probe], answer, tuple(verdicts[answer.id]))
        for answer in answers.values()
    ]
