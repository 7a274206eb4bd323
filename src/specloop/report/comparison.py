"""Choose which evaluations to compare, and find their figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from specloop.records import Evaluation, Metric, TrainingRun
from specloop.report.data import ReportData

BASE = "base"
PROMPT = "prompt-only"
_LABELS = {BASE: "Before training", PROMPT: "Rules in the prompt"}


class ShownEvaluations(NamedTuple):
    """The evaluations on one set of probes: `before`, `after` and all others."""

    shown: tuple[Evaluation, ...] = ()
    before: Evaluation | None = None
    after: Evaluation | None = None
    trainings: Mapping[str, TrainingRun] = {}
    """The trainings by the label of their model's evaluation."""
    n_other_benchmark: int = 0
    """How many evaluations are left out because they were made on other probes."""


def contrast_of(data: ReportData) -> ShownEvaluations:
    """The comparison on the newest evaluation's probes: the base before, the trained model
    after."""
    if not data.evaluations:
        return ShownEvaluations()
    benchmark = data.evaluations[-1].benchmark
    newest = {e.label: e for e in data.evaluations if e.benchmark == benchmark}
    trainings = {training.trainer: training for training in data.trainings}
    shown = tuple(
        sorted(newest.values(), key=lambda evaluation: _place(evaluation.label, trainings))
    )
    trained = _trained(shown, trainings)
    return ShownEvaluations(
        shown=shown,
        before=newest.get(BASE),
        after=trained[-1] if trained else None,
        trainings=trainings,
        n_other_benchmark=sum(e.benchmark != benchmark for e in data.evaluations),
    )


def label_text(label: str, contrast: ShownEvaluations) -> str:
    """An evaluation's label in words; the trained model keeps its trainer's name.

    Another evaluated model has its full name as its label, which is shown unchanged.
    """
    training = contrast.trainings.get(label)
    if training is not None and not training.preferences:
        return f"{training.title} on chosen"
    return _LABELS.get(label) or (label if is_model_name(label) else f"Trained ({label})")


def is_model_name(label: str) -> bool:
    """Whether an evaluation's label names a model (`hf:PATH`), not a training of this run."""
    return ":" in label


def cases_text(before: Metric | None, after: Metric | None) -> str:
    """`n 12/14, 3/0 unscored`: the cases of a rule's two figures, with equal numbers written
    once."""
    ends = [metric for metric in (before, after) if metric]
    text = f"n {'/'.join(dict.fromkeys(str(m.n) for m in ends))}"
    if not any(m.n_unscored for m in ends):
        return text
    return f"{text}, {'/'.join(str(m.n_unscored) for m in ends)} unscored"


def unscored_text(ends: Mapping[str, Metric | None], noun: str = "cases") -> str:
    """The unscored cases of each side by its name; empty if all were scored."""
    measured = {name: metric for name, metric in ends.items() if metric}
    if not any(metric.n_unscored for metric in measured.values()):
        return ""
    parts = [f"{m.n_unscored:,} of {m.n + m.n_unscored:,} {name}" for name, m in measured.items()]
    return f"Unscored {noun}: {', '.join(parts)}."


def baseline_of(contrast: ShownEvaluations) -> Evaluation | None:
    """The evaluation of what was trained here only on the chosen answers; None if nothing was."""
    labels = {
        label for label, evaluation in contrast.trainings.items() if not evaluation.preferences
    }
    return next((evaluation for evaluation in contrast.shown if evaluation.label in labels), None)


def _trained(shown: Sequence[Evaluation], trainings: Mapping[str, TrainingRun]) -> list[Evaluation]:
    """The evaluations of what this run trained, preference training last; other models only if
    none."""
    own = [evaluation for evaluation in shown if evaluation.label in trainings]
    return own or [evaluation for evaluation in shown if evaluation.label not in _LABELS]


def metric_of(evaluation: Evaluation | None, name: str, group: str = "") -> Metric | None:
    """One figure of an evaluation."""
    return _find(evaluation.metrics, name, group) if evaluation else None


def difference_between(
    after: Evaluation | None, other: Evaluation | None, name: str, group: str = ""
) -> Metric | None:
    """The recorded paired difference `after - other`, from the one of the two that records it."""
    if after is None or other is None:
        return None
    if _is_against(after, other):
        return _find(after.differences, name, group)
    if _is_against(other, after):
        difference = _find(other.differences, name, group)
        return _negated(difference) if difference else None
    return None


_TURNED = {"better": "worse", "worse": "better"}


def _negated(metric: Metric) -> Metric:
    def minus(value: float | None) -> float | None:
        return None if value is None else -value

    return metric.model_copy(
        update={
            "value": minus(metric.value),
            "ci_low": minus(metric.ci_high),
            "ci_high": minus(metric.ci_low),
            "bound_low": minus(metric.bound_high),
            "bound_high": minus(metric.bound_low),
            "outcome": _TURNED.get(metric.outcome or "", metric.outcome),
        }
    )


def _is_against(evaluation: Evaluation, other: Evaluation) -> bool:
    return evaluation.against in (other.id, other.label)


def _find(metrics: Iterable[Metric], name: str, group: str) -> Metric | None:
    return next((m for m in metrics if m.name == name and m.group == group), None)


def _place(label: str, trainings: Mapping[str, TrainingRun]) -> int:
    if label in _LABELS:
        return list(_LABELS).index(label)
    training = trainings.get(label)
    return len(_LABELS) + (training is None or training.preferences)
