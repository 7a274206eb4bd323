"""The page's first figures before and after, each with its difference and number of cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from specloop.evaluation.evidence import HAS
from specloop.measuring.compliance import COMPLIANCE, HELD_OUT
from specloop.metrics import Metric, every_metric, measurable, metric_of, title_of
from specloop.report.comparison import Change, ShownEvaluations
from specloop.report.figure_text import (
    difference_interval_text,
    difference_text,
    text_of,
    value_of,
)
from specloop.report.rules import RuleView, held_out_of


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
