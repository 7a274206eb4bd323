"""Find in a run's records what its evaluations were measured on, and their answers."""

from __future__ import annotations

from pydantic import ValidationError

from specloop.config import Evaluate
from specloop.evaluation import EvaluationSet
from specloop.records import Answer, Evaluation
from specloop.report.data import ReportData


def eval_set_of(data: ReportData) -> EvaluationSet | None:
    """The evaluation set by the manifest's configuration; None if that cannot be read."""
    try:
        settings = Evaluate.model_validate(data.manifest.config.get("evaluate", {}))
    except ValidationError:
        return None
    return EvaluationSet(
        probes=tuple(probe for probe in data.probes if probe.split == "test"),
        instances=data.instances,
        rules=data.rules,
        held_out=data.held_out,
        settings=settings,
    )


def answers_of(
    data: ReportData, evaluation: Evaluation, eval_set: EvaluationSet | None
) -> tuple[Answer, ...]:
    """An evaluation's answers; if the evaluation set has changed, all answers of its model."""
    own = (
        answer
        for answer in data.answers
        if answer.purpose == "evaluation"
        and answer.entrant == evaluation.label
        and answer.model == evaluation.model
    )
    if eval_set is None or eval_set.benchmark != evaluation.benchmark:
        return tuple(own)
    probes = {probe.id for probe in eval_set.chosen}
    return tuple(
        answer for answer in own if answer.case in probes and answer.sampling in eval_set.samplings
    )
