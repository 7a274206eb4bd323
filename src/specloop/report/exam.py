"""What the evaluations of a run were measured on, and their answers, from the run's records."""

from __future__ import annotations

from pydantic import ValidationError

from specloop.config import Evaluate
from specloop.evaluate import Exam
from specloop.records import Evaluation, Response
from specloop.report.data import ReportData


def exam_of(data: ReportData) -> Exam | None:
    """The exam as the manifest's configuration has it; None where that cannot be read."""
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


def answers_of(data: ReportData, evaluation: Evaluation, exam: Exam | None) -> tuple[Response, ...]:
    """An evaluation's answers; where the exam is another one now, all that its model gave."""
    own = (
        response
        for response in data.responses
        if response.purpose == "evaluation"
        and response.target == evaluation.label
        and response.made_by.model == evaluation.model
    )
    if exam is None or exam.benchmark != evaluation.benchmark:
        return tuple(own)
    probes = {probe.id for probe in exam.chosen}
    return tuple(
        response
        for response in own
        if response.probe in probes and response.made_by.sampling in exam.samplings
    )
