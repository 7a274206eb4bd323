"""The geometry of the plots: SVG tracks in percent, which fit any width while text keeps its
size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from specloop.measuring.compliance import JUDGED
from specloop.metrics import Metric, every_metric, title_of
from specloop.records import Figure
from specloop.report.comparison import Change, ShownEvaluations, figure_of, label_text
from specloop.report.figure_text import interval_text, text_of, value_of
from specloop.report.rules import RuleView
from specloop.report.standing import ORIGINS

_BETTER = {"up": "higher is better", "down": "lower is better", "neither": ""}


class Span(NamedTuple):
    """A value on a track with its interval, in percent of the track's width."""

    at: float
    low: float
    high: float


class Bar(NamedTuple):
    """One evaluation's figure in a panel; `number` is an entrant's, 0 for none."""

    label: str
    value: str
    interval: str
    unscored: int
    span: Span | None
    number: int = 0
    is_after: bool = False


class Panel(NamedTuple):
    """Figures that are plotted together."""

    title: str
    note: str
    rows: tuple[Bar, ...] | tuple[tuple[RuleView, Change], ...]


def panels(contrast: ShownEvaluations) -> tuple[Panel, ...]:
    """The main figures over all evaluations that have them, as bars."""
    made = (
        Panel(
            title_of(metric.name, group),
            _BETTER[metric.better],
            tuple(_bars(contrast, metric, group)),
        )
        for metric in every_metric()
        if metric.role != "detail" and metric.format == "share"
        for group in metric.headline
    )
    return tuple(panel for panel in made if panel.rows)


def bar(label: str, figure: Figure, number: int = 0, is_after: bool = False) -> Bar:
    """One figure as a bar."""
    interval, span = interval_text(figure), span_of(figure)
    return Bar(label, text_of(figure), interval, figure.n_unscored, span, number, is_after)


def dumbbells(contrast: ShownEvaluations, views: Sequence[RuleView]) -> tuple[Panel, ...]:
    """Rules by gain, with held-out rules and those that a judge decides in panels of their own."""
    compliance = [(view, view.compliance) for view in views]
    made = (
        Panel("Rules in training", "", _by_gain(r for r in compliance if not r[0].held_out)),
        Panel(
            "Held-out rules",
            "Never in a training instance.",
            _by_gain(r for r in compliance if r[0].held_out),
        ),
        *(
            Panel(
                f"{words.words[0].upper()}{words.words[1:]} {words.sign}",
                f"{words.note} The figures are the judge's own.",
                _by_gain(
                    (view, contrast.change(JUDGED, view.rule.id))
                    for view in views
                    if view.standing.origin == origin
                ),
            )
            for origin, words in ORIGINS.items()
            if origin in ("certified", "weak", "unmeasured")
        ),
    )
    return tuple(panel for panel in made if panel.rows)


def _bars(contrast: ShownEvaluations, metric: Metric, group: str) -> Iterator[Bar]:
    for evaluation in contrast.shown:
        figure = figure_of(evaluation, metric.name, group)
        if figure is not None:
            label = label_text(evaluation, contrast)
            yield bar(label, figure, is_after=evaluation is contrast.after)


def _by_gain(rows: Iterator[tuple[RuleView, Change]]) -> tuple[tuple[RuleView, Change], ...]:
    return tuple(sorted((row for row in rows if row[1].is_measured), key=_gain, reverse=True))


def _gain(row: tuple[RuleView, Change]) -> float:
    gain = (value_of(row[1].after) or 0.0) - (value_of(row[1].before) or 0.0)
    return round(gain, 4)


def span_of(figure: Figure | None) -> Span | None:
    """The place of a rate and its interval on a track from 0 to 1; None if there is no value."""
    if figure is None or figure.value is None:
        return None
    low = figure.value if figure.ci_low is None else figure.ci_low
    high = figure.value if figure.ci_high is None else figure.ci_high
    return Span(*(100 * min(1.0, max(0.0, x)) for x in (figure.value, low, high)))
