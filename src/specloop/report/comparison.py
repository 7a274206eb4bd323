"""Which evaluations are compared, and how one figure of theirs is found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import NamedTuple

from specloop.records import Evaluation, Metric
from specloop.report.data import ReportData

BASE = "base"
UNMEASURED = "rcs_unmeasured"
LABELS = {"base": "Before training", "prompt-only": "Rules in the prompt", "sft": "SFT on chosen"}
_ORDER = ("base", "prompt-only", "sft")


class Contrast(NamedTuple):
    """The evaluations on one set of probes: `before`, `after` and all measured beside them."""

    shown: tuple[Evaluation, ...] = ()
    before: Evaluation | None = None
    after: Evaluation | None = None
    n_other_benchmark: int = 0
    """Evaluations left out because they were made on other probes."""


def contrast_of(data: ReportData) -> Contrast:
    """What is compared, on the newest evaluation's probes: base before, trained model after."""
    if not data.evaluations:
        return Contrast()
    benchmark = data.evaluations[-1].benchmark
    newest = {e.label: e for e in data.evaluations if e.benchmark == benchmark}
    shown = tuple(sorted(newest.values(), key=_place))
    trained = _trained(shown, {training.trainer for training in data.trainings})
    return Contrast(
        shown=shown,
        before=newest.get(BASE),
        after=trained[-1] if trained else None,
        n_other_benchmark=sum(e.benchmark != benchmark for e in data.evaluations),
    )


def label_text(label: str) -> str:
    """An evaluation's label in words; the trained model keeps its trainer's name.

    Another model that was evaluated has its full name for a label, which is shown as it is.
    """
    return LABELS.get(label) or (label if is_model_name(label) else f"Trained ({label})")


def is_model_name(label: str) -> bool:
    """Whether an evaluation's label names a model (`hf:PATH`), not a training of this run."""
    return ":" in label


def cases_text(before: Metric | None, after: Metric | None) -> str:
    """`n 12/14, 3/0 unscored`: the cases a rule's two figures rest on, alike ones said once."""
    ends = [metric for metric in (before, after) if metric]
    text = f"n {'/'.join(dict.fromkeys(str(m.n) for m in ends))}"
    if not any(m.n_unscored for m in ends):
        return text
    return f"{text}, {'/'.join(str(m.n_unscored) for m in ends)} unscored"


def unscored_text(ends: Mapping[str, Metric | None], noun: str = "cases") -> str:
    """Cases that could not be told, of every side by its name; empty where all were scored."""
    measured = {name: metric for name, metric in ends.items() if metric}
    if not any(metric.n_unscored for metric in measured.values()):
        return ""
    parts = [f"{m.n_unscored:,} of {m.n + m.n_unscored:,} {name}" for name, m in measured.items()]
    return f"Unscored {noun}: {', '.join(parts)}."


def _trained(shown: Sequence[Evaluation], trainers: Set[str]) -> list[Evaluation]:
    """What this run trained, preference training last; any other model only where it has none."""
    others = [e for e in shown if e.label not in _ORDER]
    own = [e for e in others if e.label in trainers]
    sft = [e for e in shown if e.label == "sft"]
    return own or (sft if trainers else []) or others or sft


def metric_of(evaluation: Evaluation | None, name: str, group: str = "") -> Metric | None:
    """An evaluation's own figure."""
    return _find(evaluation.metrics, name, group) if evaluation else None


def difference_between(
    after: Evaluation | None, other: Evaluation | None, name: str, group: str = ""
) -> Metric | None:
    """The recorded paired difference `after - other`, from whichever of the two records it."""
    if after is None or other is None:
        return None
    if _is_against(after, other):
        return _find(after.differences, name, group)
    if _is_against(other, after):
        found = _find(other.differences, name, group)
        return _negated(found) if found else None
    return None


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
        }
    )


def _is_against(evaluation: Evaluation, other: Evaluation) -> bool:
    return evaluation.against in (other.id, other.label)


def _find(metrics: Iterable[Metric], name: str, group: str) -> Metric | None:
    return next((m for m in metrics if m.name == name and m.group == group), None)


def _place(evaluation: Evaluation) -> int:
    return _ORDER.index(evaluation.label) if evaluation.label in _ORDER else len(_ORDER)
