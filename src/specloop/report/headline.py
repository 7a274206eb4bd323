"""The page's first figures before and after, each with its difference and number of cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from specloop.evaluation.evidence import HAS
from specloop.measuring.compliance import COMPLIANCE, HELD_OUT
from specloop.metrics import Metric, every_metric, measurable, metric_of, title_of
from specloop.outcomes import outcome_of
from specloop.records import Figure, Outcome
from specloop.report.comparison import ShownEvaluations, cases_text, difference_between, figure_of
from specloop.report.figure_text import (
    difference_interval_text,
    difference_text,
    value_of,
    value_text,
)
from specloop.report.rules import RuleView


class RuleLine(NamedTuple):
    """One rule's figures, next to the mean that they are part of."""

    number: int
    text: str
    """`12.0% → 84.0%`; one value if the other was not measured."""
    rests_on: str
    outcome: Outcome


class HeadlineFigure(NamedTuple):
    """One figure before and after, with their paired difference."""

    title: str
    metric: Metric
    before: Figure | None
    after: Figure | None
    difference: Figure | None
    outcome: Outcome
    note: str = ""
    rules: tuple[RuleLine, ...] = ()
    """The rules in the total, if they are few."""


def headline_figures(
    contrast: ShownEvaluations, views: Sequence[RuleView] = ()
) -> tuple[HeadlineFigure, ...]:
    """The page's first figures, without those that were not measured."""
    wanted = [(COMPLIANCE, ""), (COMPLIANCE, HELD_OUT), *((name, "") for name in side_effects())]
    rules = {HELD_OUT: held_out_lines(views)}
    made = (_figure(contrast, *key)._replace(rules=rules.get(key[1], ())) for key in wanted)
    return tuple(
        figure
        for figure in made
        if value_of(figure.before) is not None or value_of(figure.after) is not None
    )


def side_effects() -> list[str]:
    """The metrics of a training's side effects."""
    return [figure.name for figure in measurable(HAS) if figure.role == "side effect"]


def held_out_lines(views: Sequence[RuleView]) -> tuple[RuleLine, ...]:
    """The rules that are wholly held out of training, one by one in document order."""
    return tuple(
        _rule_line(view) for view in views if view.held_out and (view.before or view.after)
    )


def text_of(figure: Figure | None) -> str:
    """A figure's value in words."""
    return value_text(figure.value, metric_of(figure.name)) if figure else "–"


def _rule_line(view: RuleView) -> RuleLine:
    ends = [m for m in (view.before, view.after) if m]
    rests_on = cases_text(view.before, view.after)
    text = " → ".join(text_of(m) for m in ends)
    return RuleLine(view.number, text, rests_on, outcome_of(view.difference))


def _figure(contrast: ShownEvaluations, name: str, group: str) -> HeadlineFigure:
    difference = difference_between(contrast.after, contrast.before, name, group)
    before, after = (figure_of(e, name, group) for e in (contrast.before, contrast.after))
    return HeadlineFigure(
        title=title_of(name, group),
        metric=metric_of(name),
        before=before,
        after=after,
        difference=difference,
        outcome=outcome_of(difference),
        note=" ".join(
            _note(contrast, figure) for figure in every_metric() if figure.beside == name
        ),
    )


def _note(contrast: ShownEvaluations, metric: Metric) -> str:
    """What another figure's note says about a metric."""
    sides = contrast.before, contrast.after
    before, after = (figure_of(side, metric.name) for side in sides)
    if value_of(before) is None or value_of(after) is None:
        reasons = (side.left_out.get(metric.name) for side in sides if side)
        reason = next(filter(None, reasons), "")
        return f"{metric.title} is left out: {reason}." if reason else ""
    text = f"{metric.title}: {text_of(before)} before, {text_of(after)} after"
    difference = difference_between(contrast.after, contrast.before, metric.name)
    if difference is None:
        return f"{text}."
    return f"{text}, {difference_text(difference)} ({difference_interval_text(difference)})."
