"""What the figures say in sentences: each is generated, and calls noise noise."""

from __future__ import annotations

from math import hypot
from typing import NamedTuple

from specloop.records import Metric
from specloop.report.comparison import Contrast, difference_between, metric_of
from specloop.report.data import ReportData
from specloop.report.measures import (
    HELD_OUT,
    INSTANCE_RULES,
    LOG_PERPLEXITY,
    Measure,
    Outcome,
    difference_interval_text,
    difference_text,
    measure_of,
    outcome_of,
    value_text,
)
from specloop.report.paired import paired_compliance

BASELINES = {
    "prompt-only": "the rules in the prompt alone",
    "sft": "fine-tuning on the chosen answers (SFT)",
}
_HEADS: tuple[tuple[Outcome, str], ...] = (
    ("worse", "Measurably worse"),
    ("open", "Left open by unscored cases"),
    ("noise", "No change beyond noise"),
    ("better", "Measurably better"),
)
SIDE_EFFECTS = ("over_application", "over_refusal", "general")


class HeadlineFigure(NamedTuple):
    """One figure before and after, with their paired difference."""

    title: str
    measure: Measure
    before: Metric | None
    after: Metric | None
    difference: Metric | None
    outcome: Outcome
    note: str = ""


class Statement(NamedTuple):
    """A sentence generated from the figures, and whether it speaks of noise."""

    text: str
    outcome: Outcome


def headline_figures(contrast: Contrast) -> tuple[HeadlineFigure, ...]:
    """The page's first figures; those that were not measured are left out."""
    wanted = (
        ("Rule compliance", "rcs", ""),
        ("On rules held out whole", "rcs", HELD_OUT),
        *((measure_of(name).title, name, "") for name in SIDE_EFFECTS),
    )
    made = (_figure(contrast, *one) for one in wanted)
    return tuple(figure for figure in made if _value(figure.before, figure.after) is not None)


def statements(data: ReportData, contrast: Contrast) -> tuple[Statement, ...]:
    """What training changed and at what price, then what the preference part adds."""
    if contrast.after is None:
        return ()
    first = _gain(contrast, data.manifest.confidence)
    said = [first, _held_out(contrast), _side_effects(contrast)]
    if contrast.after.label in BASELINES:
        said.append(Statement("No preference training has been evaluated in this run.", "unknown"))
    else:
        said.extend(_over(data, contrast, label) for label in BASELINES)
    return tuple(statement for statement in said if statement is not None)


def _gain(contrast: Contrast, confidence: float) -> Statement:
    before, after = metric_of(contrast.before, "rcs"), metric_of(contrast.after, "rcs")
    if _value(before) is None or _value(after) is None:
        text = "Before and after training have not both been measured on the same probes."
        return Statement(text, "unknown")
    text = (
        "On held-out probes the trained model keeps the decidable rules in "
        f"{_text(after)} of cases, the model before training in {_text(before)}"
    )
    difference = difference_between(contrast.after, contrast.before, "rcs")
    outcome = outcome_of(difference)
    if outcome == "unknown":
        return Statement(f"{text}. No paired interval is recorded.", outcome)
    interval = f"{confidence:.0%} interval {difference_interval_text(difference)}"
    figure = f"{difference_text(difference)} ({interval})"
    return Statement(f"{text}: {figure}{_noise(outcome)}.", outcome)


def _held_out(contrast: Contrast) -> Statement | None:
    before, after = (metric_of(e, "rcs", HELD_OUT) for e in (contrast.before, contrast.after))
    difference = difference_between(contrast.after, contrast.before, "rcs", HELD_OUT)
    outcome = outcome_of(difference)
    if outcome == "unknown" or _value(before) is None or _value(after) is None:
        return None
    interval = difference_interval_text(difference)
    return Statement(
        f"On rules held out of training whole: {_text(before)} before, {_text(after)} after, "
        f"{difference_text(difference)} ({interval}){_noise(outcome)}.",
        outcome,
    )


def _side_effects(contrast: Contrast) -> Statement | None:
    """Names every side effect by what its interval says; the worst outcome marks the sentence."""
    found: dict[Outcome, list[str]] = {}
    for name in SIDE_EFFECTS:
        difference = difference_between(contrast.after, contrast.before, name)
        words = f"{measure_of(name).title.lower()} {difference_text(difference)}"
        found.setdefault(outcome_of(difference), []).append(words)
    parts = [f"{head}: {', '.join(found[key])}." for key, head in _HEADS if key in found]
    worst: Outcome | None = next((key for key, _ in _HEADS if key in found), None)
    return None if worst is None else Statement(" ".join(parts), worst)


def _over(data: ReportData, contrast: Contrast, label: str) -> Statement:
    """The preference part against a cheaper baseline; a prompt is held to the rules it held."""
    words = BASELINES[label]
    other = next((e for e in contrast.shown if e.label == label), None)
    group = (
        INSTANCE_RULES if label == "prompt-only" and metric_of(other, "rcs", INSTANCE_RULES) else ""
    )
    if other is None or contrast.after is None:
        return Statement(f"Not measured: what the preference part adds over {words}.", "unknown")
    paired = difference_between(contrast.after, other, "rcs", group)
    paired = paired or paired_compliance(data, contrast.after, other, group)
    ends = (metric_of(contrast.after, "rcs", group), metric_of(other, "rcs", group))
    difference = paired or _unpaired(*ends)
    outcome = outcome_of(difference)
    if outcome == "unknown":
        text = f"No interval is known for what the preference part adds over {words}."
        return Statement(text, outcome)
    how = "" if paired else "; from two separate intervals, so wider than a paired one"
    figure = f"{difference_text(difference)} ({difference_interval_text(difference)}{how})"
    scope = ", on the rules that stood in the prompt," if group else ""
    text = f"Over {words}{scope} the preference part adds {figure}{_noise(outcome)}."
    return Statement(text, outcome)


def _noise(outcome: Outcome) -> str:
    endings: dict[Outcome, str] = {
        "noise": ": within noise, so no gain is shown",
        "open": ": left open, for the unscored cases could turn it around",
    }
    return endings.get(outcome, "")


def _figure(contrast: Contrast, title: str, name: str, group: str) -> HeadlineFigure:
    difference = difference_between(contrast.after, contrast.before, name, group)
    return HeadlineFigure(
        title=title,
        measure=measure_of(name),
        before=metric_of(contrast.before, name, group),
        after=metric_of(contrast.after, name, group),
        difference=difference,
        outcome=outcome_of(difference),
        note=_perplexity(contrast) if name == "general" else "",
    )


def _perplexity(contrast: Contrast) -> str:
    before, after = (metric_of(e, "perplexity") for e in (contrast.before, contrast.after))
    if _value(before) is None or _value(after) is None:
        return ""
    text = f"Perplexity on plain text: {_text(before)} before, {_text(after)} after"
    difference = difference_between(contrast.after, contrast.before, LOG_PERPLEXITY)
    if difference is None:
        return f"{text}."
    return f"{text}, {difference_text(difference)} ({difference_interval_text(difference)})."


def _value(*metrics: Metric | None) -> float | None:
    """The first value there is."""
    return next((m.value for m in metrics if m is not None and m.value is not None), None)


def _text(metric: Metric | None) -> str:
    return value_text(metric.value, measure_of(metric.name)) if metric else "–"


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
