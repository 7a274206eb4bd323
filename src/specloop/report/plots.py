"""The geometry of the plots: SVG tracks in percent, which fit any width while text keeps its
size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from specloop.measuring.compliance import COMPLIANCE
from specloop.metrics import Metric, every_metric, metric_of, title_of
from specloop.outcomes import Better, outcome_of
from specloop.records import Figure
from specloop.report.comparison import (
    ShownEvaluations,
    cases_text,
    difference_between,
    figure_of,
    label_text,
)
from specloop.report.figure_text import (
    difference_text,
    interval_text,
    value_text,
)
from specloop.report.rules import RuleView


class Span(NamedTuple):
    """A value on a track with its interval; all in percent of the track's width."""

    at: str
    low: str
    high: str
    width: str


class Bar(NamedTuple):
    """One evaluation's figure in a panel."""

    label: str
    is_after: bool
    value: str
    interval: str
    n: int
    unscored: int
    span: Span | None


class Panel(NamedTuple):
    """One figure over all evaluations."""

    title: str
    better: Better
    help: str
    bars: tuple[Bar, ...]


class Dumbbell(NamedTuple):
    """A rule's compliance before and after."""

    view: RuleView
    before: Span | None
    after: Span | None
    link: Span
    """From the lower to the higher of the two values."""
    text: str
    note: str
    outcome: str


class DumbbellGroup(NamedTuple):
    """Rules plotted together."""

    title: str
    note: str
    rows: tuple[Dumbbell, ...]


def panels(contrast: ShownEvaluations) -> tuple[Panel, ...]:
    """The main figures over all evaluations that have them."""
    made = (
        _panel(contrast, metric, group)
        for metric in every_metric()
        if metric.role != "detail" and metric.format == "share"
        for group in metric.headline
    )
    return tuple(panel for panel in made if panel.bars)


def dumbbells(contrast: ShownEvaluations, views: Sequence[RuleView]) -> tuple[DumbbellGroup, ...]:
    """Rules by gain, with held-out rules and those of an unmeasured judge in groups of their
    own."""
    seen = [v for v in views if not v.held_out]
    held = [v for v in views if v.held_out]
    judged = "Nobody has compared this judge with people; no figure above uses it."
    names = [metric.name for metric in every_metric() if not metric.is_measured]
    unchecked = tuple(row for name in names for row in _rows(contrast, views, name))
    groups = (
        DumbbellGroup("Rules in training", "", _rows(contrast, seen, COMPLIANCE)),
        DumbbellGroup(
            "Held-out rules",
            "Never in a training instance.",
            _rows(contrast, held, COMPLIANCE),
        ),
        DumbbellGroup("By an unmeasured judge", judged, unchecked),
    )
    return tuple(group for group in groups if group.rows)


def _panel(contrast: ShownEvaluations, metric: Metric, group: str) -> Panel:
    bars: list[Bar] = []
    for evaluation in contrast.shown:
        figure = figure_of(evaluation, metric.name, group)
        if figure is not None:
            is_after = evaluation is contrast.after
            value = value_text(figure.value, metric)
            label = label_text(evaluation, contrast)
            counts = figure.n, figure.n_unscored
            bars.append(
                Bar(label, is_after, value, interval_text(figure), *counts, span_of(figure))
            )
    title = title_of(metric.name, group)
    return Panel(title, metric.better, metric.help, tuple(bars))


def _rows(contrast: ShownEvaluations, views: Sequence[RuleView], name: str) -> tuple[Dumbbell, ...]:
    rows = [row for view in views if (row := _row(contrast, view, name)) is not None]
    return tuple(sorted(rows, key=_gain, reverse=True))


def _row(contrast: ShownEvaluations, view: RuleView, name: str) -> Dumbbell | None:
    before = figure_of(contrast.before, name, view.rule.id)
    after = figure_of(contrast.after, name, view.rule.id)
    first, last = span_of(before), span_of(after)
    if first is None and last is None:
        return None
    metric = metric_of(name)
    values = [value_text(m.value, metric) for m in (before, after) if m]
    difference = difference_between(contrast.after, contrast.before, name, view.rule.id)
    cases = cases_text(before, after)
    note = f"{difference_text(difference)}, {cases}" if difference else cases
    ends = sorted(float(s.at.rstrip("%")) for s in (first, last) if s)
    link = Span("", f"{ends[0]:.2f}%", f"{ends[-1]:.2f}%", "")
    return Dumbbell(view, first, last, link, " → ".join(values), note, outcome_of(difference))


def _gain(row: Dumbbell) -> float:
    def at(span: Span | None) -> float:
        return float(span.at.rstrip("%")) if span else 0.0

    return at(row.after) - at(row.before)


def span_of(figure: Figure | None) -> Span | None:
    """The place of a rate and its interval on a track from 0 to 1; None if there is no value."""
    if figure is None or figure.value is None:
        return None
    low = figure.value if figure.ci_low is None else figure.ci_low
    high = figure.value if figure.ci_high is None else figure.ci_high
    at, left, right = (100 * min(1.0, max(0.0, x)) for x in (figure.value, low, high))
    return Span(f"{at:.2f}%", f"{left:.2f}%", f"{right:.2f}%", f"{right - left:.2f}%")
