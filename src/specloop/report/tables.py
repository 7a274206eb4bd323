"""All recorded figures in tables: totals, held-out rules, each rule; unmeasured judges are
separate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from specloop.measuring.compliance import COMPLIANCE, HELD_OUT
from specloop.metrics import metric_of
from specloop.records import Figure
from specloop.report.comparison import ShownEvaluations, label_text
from specloop.report.grids import Grid, GridCell, Head, Row, cell_of
from specloop.report.rules import RuleView

_Key = tuple[str, str, str]
"""A figure's name, group and judge."""
_UNMEASURED = "Unmeasured judge"
_NOTES = {
    "Totals": "",
    "Held-out rules": "These rules never were in a training instance.",
    "Rule by rule": "",
    "Held-out rules, one by one": "",
    "Other groups": "",
    _UNMEASURED: "A language model's verdicts on rules that code cannot decide. This judge has not "
    "been checked against people: nothing else on this page rests on these figures.",
}
"""The tables in order, by title, with their notes."""
_OPEN = ("Totals", "Held-out rules")


def tables(contrast: ShownEvaluations, views: Sequence[RuleView]) -> tuple[Grid, ...]:
    """All figures of the shown evaluations."""
    by_id = {view.rule.id: view for view in views}
    figures = [{_key(m): m for m in one.metrics} for one in contrast.shown]
    differences = [{_key(d): d for d in one.differences} for one in contrast.shown]
    keys = dict.fromkeys(key for own in figures for key in own)
    rows: Mapping[str, list[Row]] = defaultdict(list)
    for key in sorted(keys, key=lambda key: metric_of(key[0]).place):
        view = by_id.get(key[1])
        cells = (_cell(key, *own) for own in zip(figures, differences, strict=True))
        rows[_table_of(key, view)].append(_row(key, view, tuple(cells)))
    heads = tuple(
        Head(label_text(one, contrast), f"against {one.against}" if one.against else "")
        for one in contrast.shown
    )
    return tuple(
        Grid(
            title,
            note,
            "Figure",
            heads,
            tuple(rows[title] if title == _UNMEASURED else sorted(rows[title], key=_rule)),
            is_open=title in _OPEN,
            is_unmeasured=title == _UNMEASURED,
        )
        for title, note in _NOTES.items()
        if title in rows
    )


def _key(figure: Figure) -> _Key:
    return figure.name, figure.group, figure.judge


def _rule(row: Row) -> int:
    return row.rule


def _table_of(key: _Key, view: RuleView | None) -> str:
    name, group, _ = key
    if not metric_of(name).is_measured:
        return _UNMEASURED
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
    return cell_of(figures[key], differences.get(key)) if key in figures else None
