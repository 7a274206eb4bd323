"""The page's first figures, and sentences that say what figures mean. Each is generated, says no
more than its figure, and marks noise as noise.

Every comparison names the unscored cases on both sides. What a preference loss adds is the training
with it minus SFT; without an SFT baseline there is no sentence about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from specloop.evaluation.judged import HAS
from specloop.evaluation.table import missing_share
from specloop.measuring.compliance import COMPLIANCE, HELD_OUT
from specloop.metrics import Metric, every_metric, measurable, metric_of, title_of
from specloop.records import Figure, Outcome
from specloop.report.baselines import over_baseline, over_model_alone, over_prompt
from specloop.report.comparison import (
    Change,
    ShownEvaluations,
    baseline_of,
    is_model_name,
    label_text,
)
from specloop.report.data import ReportData
from specloop.report.figure_text import difference_interval_text, difference_text, text_of, value_of
from specloop.report.rules import RuleView, held_out_of
from specloop.report.wording import (
    Statement,
    change_text,
    compared,
    noise_text,
    not_compared,
    trained_text,
    unscored_text,
)

MAX_RULES = 12
"""Most held-out rules that a sentence names one by one."""
_HEADS: tuple[tuple[Outcome, str], ...] = (
    ("worse", "Measurably worse"),
    ("open", "Left open by unscored cases"),
    ("noise", "No change beyond noise"),
    ("changed", "Changed"),
    ("better", "Measurably better"),
    ("unknown", "Without an interval"),
)
_ONE_BY_ONE: tuple[tuple[Outcome, str], ...] = (
    ("better", "measurably better"),
    ("worse", "measurably worse"),
    ("noise", "no change beyond noise"),
    ("open", "left open by unscored cases"),
    ("unknown", "not compared"),
)


def statements(
    data: ReportData, contrast: ShownEvaluations, views: Sequence[RuleView]
) -> tuple[Statement, ...]:
    """What changed and at what cost, then the training against the cheaper baselines."""
    if contrast.after is None:
        return ()
    against = (
        (Statement("No preference training has been evaluated in this run."),)
        if contrast.after == baseline_of(contrast)
        else over_baseline(data, contrast)
    )
    return (
        _gain(data, contrast, contrast.after.label),
        *_held_out(contrast, views),
        *_side_effects(contrast),
        *_details(contrast),
        *not_whole(contrast),
        *over_prompt(data, contrast),
        *against,
        *over_model_alone(contrast),
    )


def _gain(data: ReportData, contrast: ShownEvaluations, label: str) -> Statement:
    change = contrast.change(COMPLIANCE)
    missing = not_compared("Rule compliance on held-out probes", _ends(change))
    if missing is not None:
        return missing
    first = "the base model" if is_model_name(label) else "the model before training"
    apart = " (those held out of training stand apart)" if data.held_out else ""
    text = (
        f"On held-out probes {trained_text(contrast, label)} keeps the decidable rules{apart} in "
        f"{text_of(change.after)} of scored cases, {first} in {text_of(change.before)}"
    )
    difference = change.difference
    if change.outcome == "unknown":
        return Statement(f"{text}. No paired interval is recorded.")
    interval = f"{data.manifest.confidence:.0%} interval {difference_interval_text(difference)}"
    text += f": {difference_text(difference)} ({interval}){noise_text(difference)}."
    return Statement(f"{text} {unscored_text(_ends(change))}".strip(), change.outcome)


def _held_out(contrast: ShownEvaluations, views: Sequence[RuleView]) -> Iterator[Statement]:
    """The mean over held-out rules' cases with every rule, because a mean can hide a zero."""
    change = contrast.change(COMPLIANCE, HELD_OUT)
    begin, subject = "On all held-out rules together", "On held-out rules"
    for statement in _before_and_after(change, begin, subject):
        is_compared = not_compared(subject, _ends(change)) is None
        one_by_one = _one_by_one(held_out_of(views)) if is_compared else ""
        yield statement._replace(text=f"{statement.text} {one_by_one}".strip())


def _one_by_one(views: Sequence[RuleView]) -> str:
    parts: list[str] = []
    for outcome, words in _ONE_BY_ONE:
        own = [view for view in views if view.compliance.outcome == outcome]
        named = ", ".join(f"R{view.number} {view.compliance.text}" for view in own)
        if own:
            shown = f": {named}" if len(views) <= MAX_RULES else ""
            parts.append(f"{len(own)} of {len(views)} {words}{shown}")
    return f"One by one, {'; '.join(parts)}." if parts else ""


def _side_effects(contrast: ShownEvaluations) -> Iterator[Statement]:
    """The side effects by what their intervals say, marked by the worst; those that were not
    measured are named."""
    by_outcome: dict[Outcome, list[str]] = {}
    missing: list[Statement] = []
    for name in side_effects():
        change, title = contrast.change(name), metric_of(name).title
        lacking = not_compared(title, _ends(change))
        if lacking is not None:
            missing.append(lacking)
            continue
        unscored = unscored_text(_ends(change)).rstrip(".").lower()
        facts = (f"{title.lower()} {change_text(change.difference)}", unscored)
        by_outcome.setdefault(change.outcome, []).append(", ".join(filter(None, facts)))
    heads = [entry for entry in _HEADS if entry[0] in by_outcome]
    if heads:
        texts = (f"{head}: {', '.join(by_outcome[outcome])}." for outcome, head in heads)
        yield Statement(" ".join(texts), heads[0][0])
    yield from missing


def _details(contrast: ShownEvaluations) -> Iterator[Statement]:
    """The other figures of short tables, except those that are shown beside another figure."""
    for metric in every_metric():
        if metric.role == "detail" and metric.headline and not metric.beside:
            yield from _before_and_after(contrast.change(metric.name), metric.title)


def _before_and_after(change: Change, begin: str, subject: str = "") -> Iterator[Statement]:
    if change.before or change.after:
        values = f"{text_of(change.before)} before, {text_of(change.after)} after"
        yield compared(begin, values, change, _ends(change), subject)


def not_whole(contrast: ShownEvaluations) -> Iterator[Statement]:
    """Evaluations with so many missing or unfinished answers that every rate must be read with
    them."""
    shares = [
        (label_text(evaluation, contrast), missing_share(evaluation.metrics))
        for evaluation in contrast.shown
    ]
    texts = [f"{label} {share}" for label, share in shares if share]
    if texts:
        text = f"Without a whole answer: {'; '.join(texts)}. The bounds show what that leaves open."
        yield Statement(text, "open")


def _ends(change: Change) -> dict[str, Figure | None]:
    return {"before": change.before, "after": change.after}


class HeadlineFigure(NamedTuple):
    """One figure before and after."""

    title: str
    metric: Metric
    change: Change
    note: str
    rules: tuple[RuleView, ...]
    """The rules in the total, if they are few."""


def headline_figures(
    contrast: ShownEvaluations, views: Sequence[RuleView] = ()
) -> tuple[HeadlineFigure, ...]:
    """The page's first figures, without those that were not measured."""
    keys = [(COMPLIANCE, ""), (COMPLIANCE, HELD_OUT), *((name, "") for name in side_effects())]
    return tuple(
        HeadlineFigure(
            title=title_of(name, group),
            metric=metric_of(name),
            change=change,
            note=_notes(contrast, name),
            rules=held_out_of(views) if group == HELD_OUT else (),
        )
        for name, group in keys
        if (change := contrast.change(name, group)).is_measured
    )


def side_effects() -> list[str]:
    """The metrics of a training's side effects."""
    return [metric.name for metric in measurable(HAS) if metric.role == "side effect"]


def _notes(contrast: ShownEvaluations, name: str) -> str:
    """The metrics that are shown beside another."""
    beside = (metric for metric in every_metric() if metric.beside == name)
    return " ".join(_note(contrast, metric) for metric in beside)


def _note(contrast: ShownEvaluations, metric: Metric) -> str:
    change = contrast.change(metric.name)
    if value_of(change.before) is None or value_of(change.after) is None:
        sides = filter(None, (contrast.before, contrast.after))
        reason = next(filter(None, (side.left_out.get(metric.name) for side in sides)), "")
        return f"{metric.title} is left out: {reason}." if reason else ""
    text = f"{metric.title}: {text_of(change.before)} before, {text_of(change.after)} after"
    difference = change.difference
    if difference is None:
        return f"{text}."
    return f"{text}, {difference_text(difference)} ({difference_interval_text(difference)})."
