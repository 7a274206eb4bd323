"""Which evaluations are compared, and what the figures honestly say in sentences."""

from __future__ import annotations

from collections.abc import Iterable
from math import hypot
from typing import NamedTuple

from specloop.records import Evaluation, Metric
from specloop.report.data import ReportData
from specloop.report.measures import (
    HELD_OUT,
    Measure,
    Outcome,
    difference_interval_text,
    difference_text,
    measure_of,
    outcome_of,
    value_text,
)

BASE = "base"
BASELINES = {
    "prompt-only": "the rules in the prompt alone",
    "sft": "fine-tuning on the chosen answers (SFT)",
}
UNMEASURED = "rcs_unmeasured"
LABELS = {"base": "Before training", "prompt-only": "Rules in the prompt", "sft": "SFT on chosen"}
_ORDER = ("base", "prompt-only", "sft")


class Contrast(NamedTuple):
    """The evaluations on one set of probes: `before`, `after` and everything measured beside them."""

    shown: tuple[Evaluation, ...] = ()
    before: Evaluation | None = None
    after: Evaluation | None = None
    n_other_benchmark: int = 0
    """Evaluations left out because they were made on other probes."""


class HeadlineFigure(NamedTuple):
    """One figure before and after, with their paired difference."""

    title: str
    measure: Measure
    before: Metric | None
    after: Metric | None
    difference: Metric | None
    outcome: Outcome


class Statement(NamedTuple):
    """A sentence generated from the figures, and whether it speaks of noise."""

    text: str
    outcome: Outcome


def contrast_of(data: ReportData) -> Contrast:
    """Pick what is compared: the newest evaluation's probes; `after` is the trained model, `before` the base."""
    if not data.evaluations:
        return Contrast()
    benchmark = data.evaluations[-1].benchmark
    newest = {e.label: e for e in data.evaluations if e.benchmark == benchmark}
    shown = tuple(sorted(newest.values(), key=_place))
    trained = [e for e in shown if e.label not in _ORDER] or [e for e in shown if e.label == "sft"]
    return Contrast(
        shown=shown,
        before=newest.get(BASE),
        after=trained[-1] if trained else None,
        n_other_benchmark=sum(e.benchmark != benchmark for e in data.evaluations),
    )


def label_text(label: str) -> str:
    """An evaluation's label in words; the trained model keeps its trainer's name."""
    return LABELS.get(label) or f"Trained ({label})"


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


def headline_figures(contrast: Contrast) -> tuple[HeadlineFigure, ...]:
    """The page's first figures; those that were not measured are left out."""
    wanted = (
        ("Rule compliance", "rcs", ""),
        ("On rules held out whole", "rcs", HELD_OUT),
        ("Over-application", "over_application", ""),
        ("Over-refusal", "over_refusal", ""),
        ("General ability", "general", ""),
    )
    made = (_figure(contrast, *one) for one in wanted)
    return tuple(figure for figure in made if figure.before or figure.after)


def statements(contrast: Contrast, confidence: float) -> tuple[Statement, ...]:
    """What training changed, then what the preference part adds over each cheaper baseline."""
    if contrast.after is None:
        return ()
    first = _gain(contrast, confidence)
    if contrast.after.label in BASELINES:
        return (
            first,
            Statement("No preference training has been evaluated in this run.", "unknown"),
        )
    return (first, *(_over(contrast, label) for label in BASELINES))


def _gain(contrast: Contrast, confidence: float) -> Statement:
    before, after = metric_of(contrast.before, "rcs"), metric_of(contrast.after, "rcs")
    if before is None or after is None or before.value is None or after.value is None:
        return Statement(
            "Before and after have not both been measured on the same probes.", "unknown"
        )
    difference = difference_between(contrast.after, contrast.before, "rcs")
    outcome = outcome_of(difference)
    rcs = measure_of("rcs")
    text = (
        f"After training the model keeps the decidable rules in {value_text(after.value, rcs)} of held-out cases, "
        f"before it in {value_text(before.value, rcs)}"
    )
    if outcome == "unknown":
        return Statement(f"{text}. No paired interval is recorded.", outcome)
    interval = f"{confidence:.0%} interval {difference_interval_text(difference)}"
    tail = ": within noise" if outcome == "noise" else ""
    return Statement(f"{text}: {difference_text(difference)} ({interval}){tail}.", outcome)


def _over(contrast: Contrast, label: str) -> Statement:
    words = BASELINES[label]
    other = next((e for e in contrast.shown if e.label == label), None)
    if other is None or contrast.after is None:
        return Statement(f"Not measured: what the preference part adds over {words}.", "unknown")
    paired = difference_between(contrast.after, other, "rcs")
    difference = paired or _unpaired(metric_of(contrast.after, "rcs"), metric_of(other, "rcs"))
    if difference is None or difference.ci_low is None:
        return Statement(
            f"No interval is known for the preference part against {words}.", "unknown"
        )
    outcome = outcome_of(difference)
    interval = difference_interval_text(difference)
    how = "" if paired else ", from unpaired intervals, so wider than it need be"
    figure = f"{difference_text(difference)} ({interval}{how})"
    ending = {
        "noise": "within noise, so nothing is shown to be added",
        "better": "more than noise",
        "worse": "worse, and more than noise",
    }
    return Statement(
        f"Over {words} the preference part adds {figure}: {ending.get(outcome, 'not decided')}.",
        outcome,
    )


def _figure(contrast: Contrast, title: str, name: str, group: str) -> HeadlineFigure:
    difference = difference_between(contrast.after, contrast.before, name, group)
    return HeadlineFigure(
        title=title,
        measure=measure_of(name),
        before=metric_of(contrast.before, name, group),
        after=metric_of(contrast.after, name, group),
        difference=difference,
        outcome=outcome_of(difference),
    )


def _unpaired(after: Metric | None, other: Metric | None) -> Metric | None:
    """A difference from two separate intervals: conservative, since both saw the same probes."""
    if after is None or other is None:
        return None
    ends = (after.value, after.ci_low, after.ci_high, other.value, other.ci_low, other.ci_high)
    if any(end is None for end in ends):
        return None
    a, a_low, a_high, b, b_low, b_high = (end or 0.0 for end in ends)
    value = a - b
    return Metric(
        name=after.name,
        group=after.group,
        value=value,
        n=min(after.n, other.n),
        ci_low=value - hypot(a - a_low, b_high - b),
        ci_high=value + hypot(a_high - a, b - b_low),
    )


def _negated(metric: Metric) -> Metric:
    def minus(value: float | None) -> float | None:
        return None if value is None else -value

    return metric.model_copy(
        update={
            "value": minus(metric.value),
            "ci_low": minus(metric.ci_high),
            "ci_high": minus(metric.ci_low),
        }
    )


def _is_against(evaluation: Evaluation, other: Evaluation) -> bool:
    return evaluation.against in (other.id, other.label)


def _find(metrics: Iterable[Metric], name: str, group: str) -> Metric | None:
    return next((m for m in metrics if m.name == name and m.group == group), None)


def _place(evaluation: Evaluation) -> int:
    return _ORDER.index(evaluation.label) if evaluation.label in _ORDER else len(_ORDER)
