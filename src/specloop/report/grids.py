"""The tables of figures: columns, rows and cells of both pages, and those of the loop's page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from specloop.calibration.table import figure_places
from specloop.evaluation.belief_text import belief_lines, judged_notes, never_corrected
from specloop.measuring.compliance import COMPLIANCE, HELD_OUT
from specloop.metrics import metric_of
from specloop.outcomes import outcome_of
from specloop.records import Figure, Outcome
from specloop.report.comparison import ShownEvaluations, label_text
from specloop.report.figure_text import (
    bounds_text,
    corrected_value_text,
    difference_interval_text,
    difference_text,
    interval_text,
    level_of,
    p_text,
    text_of,
)
from specloop.report.rules import RuleView

Na = Literal["", "na-counted", "na-left-out"]
"""The convention for NA that something belongs to; empty: both."""


_Key = tuple[str, str, str]
"""A figure's name, group and judge."""
_JUDGED = "By a judge"
_NOTES = {
    "Totals": "",
    "Held-out rules": "These rules never were in a training instance.",
    "Rule by rule": "",
    "Held-out rules, one by one": "",
    "Other groups": "",
    _JUDGED: "A language model's verdicts on rules that code cannot decide. Only what is certified "
    "is in the totals; corrected values are without the judge's errors.",
}
"""The tables of the loop's page in order, by title, with their notes."""
_OPEN = ("Totals", "Held-out rules")


class GridCell(NamedTuple):
    """One figure with its number of cases and its difference."""

    value: str
    interval: str = ""
    n: int | None = None
    unscored: int = 0
    bounds: str = ""
    note: str = ""
    level: int | None = None
    """The level for tinting: 0 to 4, low to high."""
    delta: str = ""
    delta_interval: str = ""
    p: str = ""
    outcome: Outcome = "unknown"
    against: str = ""
    corrected: str = ""
    """The figure without the judge's errors."""
    delta_corrected: str = ""
    belief: str = ""
    """How far the judge is believed whose verdicts are in it."""


class Head(NamedTuple):
    """A column."""

    title: str
    help: str = ""
    number: int = 0
    """The entrant that it is about; 0 for none."""
    na: Na = ""


class Row(NamedTuple):
    """A row; a cell is None if there is nothing to show."""

    title: str
    cells: tuple[GridCell | None, ...]
    number: int = 0
    """The entrant that it is about; 0 for none."""
    rule: int = 0
    """The rule that it is about; 0 for none."""
    tag: str = ""
    judge: str = ""
    na: Na = ""


class Grid(NamedTuple):
    """A table."""

    title: str
    note: str
    corner: str
    heads: tuple[Head, ...]
    rows: tuple[Row, ...]
    is_open: bool = False
    is_judged: bool = False
    notes: tuple[str, ...] = ()


def cell_of(
    figure: Figure, difference: Figure | None = None, *, against: str = "", note: str = ""
) -> GridCell:
    """A figure, and its difference from the figure of `against`."""
    return GridCell(
        value=text_of(figure),
        interval=interval_text(figure),
        n=figure.n,
        unscored=figure.n_unscored,
        bounds=bounds_text(figure),
        note=note,
        level=level_of(figure),
        delta=difference_text(difference) if difference else "",
        delta_interval=difference_interval_text(difference),
        p=p_text(difference.p_holm) if difference else "",
        outcome=outcome_of(difference),
        against=against,
        corrected=corrected_value_text(figure),
        delta_corrected=corrected_value_text(difference),
        belief=figure.belief,
    )


def plain_cell(figure: Figure | None) -> GridCell | None:
    """A figure that is of no metric, such as a certificate's, as a plain number."""
    if figure is None or figure.value is None:
        return None
    return GridCell(plain_number(figure.value, figure), plain_interval(figure), figure.n)


def plain_interval(figure: Figure) -> str:
    """Its interval in plain numbers; empty if it has none."""
    if figure.ci_low is None or figure.ci_high is None:
        return ""
    return f"{plain_number(figure.ci_low, figure)} to {plain_number(figure.ci_high, figure)}"


def plain_number(value: float, figure: Figure) -> str:
    """A value of a figure with as many decimals as that has."""
    return f"{value:.{figure_places(figure)}f}"


def tables(contrast: ShownEvaluations, views: Sequence[RuleView]) -> tuple[Grid, ...]:
    """All figures of the shown evaluations."""
    by_id = {view.rule.id: view for view in views}
    figures = [{_key(m): m for m in evaluation.metrics} for evaluation in contrast.shown]
    differences = [{_key(d): d for d in evaluation.differences} for evaluation in contrast.shown]
    keys = dict.fromkeys(key for own in figures for key in own)
    rows: Mapping[str, list[Row]] = defaultdict(list)
    every: Mapping[str, list[Figure]] = defaultdict(list)
    for key in sorted(keys, key=lambda key: metric_of(key[0]).place):
        view = by_id.get(key[1])
        cells = (_cell(key, *own) for own in zip(figures, differences, strict=True))
        title = _table_of(key, view)
        rows[title].append(_row(key, view, tuple(cells)))
        every[title] += (own[key] for own in figures if key in own)
    heads = tuple(
        Head(
            label_text(evaluation, contrast),
            f"against {evaluation.against}" if evaluation.against else "",
        )
        for evaluation in contrast.shown
    )
    return tuple(
        Grid(
            title,
            f"{note} {_said(contrast)}" if title == _JUDGED else note,
            "Figure",
            heads,
            tuple(rows[title] if title == _JUDGED else sorted(rows[title], key=_rule)),
            is_open=title in _OPEN,
            is_judged=title == _JUDGED,
            notes=tuple(map(_sentence, never_corrected(every[title]))),
        )
        for title, note in _NOTES.items()
        if title in rows
    )


def _said(contrast: ShownEvaluations) -> str:
    """How far the judges are believed, in sentences."""
    return " ".join(map(_sentence, belief_lines(contrast.shown)))


def _sentence(line: str) -> str:
    return f"{line[:1].upper()}{line[1:]}."


def _key(figure: Figure) -> _Key:
    return figure.name, figure.group, figure.judge


def _rule(row: Row) -> int:
    return row.rule


def _table_of(key: _Key, view: RuleView | None) -> str:
    name, group, _ = key
    if metric_of(name).is_judged:
        return _JUDGED
    if view is not None:
        return "Held-out rules, one by one" if view.held_out else "Rule by rule"
    return {"": "Totals", HELD_OUT: "Held-out rules"}.get(group, "Other groups")


def _row(key: _Key, view: RuleView | None, cells: tuple[GridCell | None, ...]) -> Row:
    name, group, judge = key
    title = metric_of(name).title
    if view is not None:
        title = view.rule.text if name == COMPLIANCE else f"{title}: {view.rule.text}"
    elif group and group != HELD_OUT:
        title = f"{title}: {group}"
    by = "" if judge == "check" else judge
    return Row(title, cells, rule=view.number if view else 0, judge=by)


def _cell(
    key: _Key, figures: Mapping[_Key, Figure], differences: Mapping[_Key, Figure]
) -> GridCell | None:
    if key not in figures:
        return None
    notes = judged_notes(figures[key], figures.get((key[0], "", key[2])))
    return cell_of(figures[key], differences.get(key), note=", ".join(notes))
