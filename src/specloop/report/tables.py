"""All recorded figures in tables: totals, held-out rules, each rule; unmeasured judges are
separate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from specloop.measuring.compliance import COMPLIANCE, HELD_OUT
from specloop.metrics import metric_of
from specloop.outcomes import outcome_of
from specloop.records import Figure, Outcome
from specloop.report.comparison import ShownEvaluations
from specloop.report.figure_text import (
    bounds_text,
    difference_interval_text,
    difference_text,
    interval_text,
    value_text,
)
from specloop.report.rules import RuleView


class FigureCell(NamedTuple):
    """One evaluation's figure with its number of cases."""

    value: str
    interval: str
    n: int
    unscored: int
    bounds: str
    difference: str
    difference_interval: str
    outcome: Outcome


class FigureRow(NamedTuple):
    """One figure over all evaluations; a cell is None if it was not measured."""

    title: str
    help: str
    judge: str
    number: int
    """The rule that it is about; 0 for none."""
    held_out: bool
    cells: tuple[FigureCell | None, ...]


class FigureTable(NamedTuple):
    """Rows of one kind."""

    title: str
    note: str
    rows: tuple[FigureRow, ...]
    is_open: bool
    is_unmeasured: bool = False


def tables(contrast: ShownEvaluations, views: Sequence[RuleView]) -> tuple[FigureTable, ...]:
    """All figures of the shown evaluations."""
    by_id = {view.rule.id: view for view in views}
    rows = [(key, _row(contrast, key, by_id.get(key.group))) for key in _keys(contrast)]
    unmeasured = tuple(row for key, row in rows if not metric_of(key.name).is_measured)
    measured = [(key, row) for key, row in rows if metric_of(key.name).is_measured]
    rules = sorted((row for _, row in measured if row.number), key=lambda row: row.number)
    made = (
        FigureTable("Totals", "", tuple(r for k, r in measured if not k.group), True),
        FigureTable(
            "Held-out rules",
            "These rules never were in a training instance.",
            tuple(r for k, r in measured if k.group == HELD_OUT),
            True,
        ),
        FigureTable("Rule by rule", "", tuple(r for r in rules if not r.held_out), False),
        FigureTable("Held-out rules, one by one", "", tuple(r for r in rules if r.held_out), False),
        FigureTable(
            "Other groups",
            "",
            tuple(r for k, r in measured if k.group not in ("", HELD_OUT) and not r.number),
            False,
        ),
        FigureTable(
            "Unmeasured judge",
            "A language model's verdicts on rules that code cannot decide. This judge has not been "
            "checked against people: nothing else on this page rests on these figures.",
            unmeasured,
            False,
            True,
        ),
    )
    return tuple(table for table in made if table.rows)


class _Key(NamedTuple):
    name: str
    group: str
    judge: str


def _keys(contrast: ShownEvaluations) -> tuple[_Key, ...]:
    keys = (_Key(m.name, m.group, m.judge) for e in contrast.shown for m in e.metrics)
    return tuple(sorted(dict.fromkeys(keys), key=lambda key: metric_of(key.name).place))


def _row(contrast: ShownEvaluations, key: _Key, view: RuleView | None) -> FigureRow:
    metric = metric_of(key.name)
    title = metric.title
    if view is not None:
        title = view.rule.text if key.name == COMPLIANCE else f"{metric.title}: {view.rule.text}"
    elif key.group and key.group != HELD_OUT:
        title = f"{metric.title}: {key.group}"
    return FigureRow(
        title=title,
        help="" if view else metric.help,
        judge=key.judge,
        number=view.number if view else 0,
        held_out=view.held_out if view else False,
        cells=tuple(_cells(contrast, key)),
    )


def _cells(contrast: ShownEvaluations, key: _Key) -> Iterator[FigureCell | None]:
    for evaluation in contrast.shown:
        own = _find(evaluation.metrics, key)
        yield _cell(own, _find(evaluation.differences, key)) if own else None


def _cell(figure: Figure, difference: Figure | None) -> FigureCell:
    return FigureCell(
        value=value_text(figure.value, metric_of(figure.name)),
        interval=interval_text(figure),
        n=figure.n,
        unscored=figure.n_unscored,
        bounds=bounds_text(figure),
        difference=difference_text(difference) if difference else "",
        difference_interval=difference_interval_text(difference),
        outcome=outcome_of(difference),
    )


def _find(figures: Sequence[Figure], key: _Key) -> Figure | None:
    return next((m for m in figures if _Key(m.name, m.group, m.judge) == key), None)
