"""The figures of a run on one screen: a line each, with the difference that the run is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from specloop.evaluation.table import (
    find,
    heading,
    not_whole,
    short_change,
    shown_value,
    unit_of,
)
from specloop.measuring.compliance import COMPLIANCE
from specloop.metrics import in_order, metric_of
from specloop.records import Evaluation, Figure
from specloop.responding.entrant import is_bare


def headline_table(evaluations: Sequence[Evaluation]) -> Table:
    """One line a figure: each entrant's value, and the difference of the last model alone to its
    base."""
    last = next((one for one in reversed(evaluations) if is_bare(one)), evaluations[-1])
    failed = find(last.metrics, "failed")
    n = f", {failed.n} answers each" if failed else ""
    table = Table(title=f"Held-out probes{n}", caption=not_whole(evaluations))
    table.add_column("")
    for evaluation in evaluations:
        table.add_column(evaluation.label, justify="right")
    if last.against:
        table.add_column(f"{last.label} against {last.against}")
    for name, group in _shown(evaluations):
        found = [find(evaluation.metrics, name, group) for evaluation in evaluations]
        if any(figure and figure.value is not None for figure in found):
            table.add_row(
                heading(name, group), *map(_value, found), *_difference(last, name, group)
            )
    if unscored := _unscored(evaluations):
        table.add_row("unscored cases", *unscored, *[""] * bool(last.against))
    return table


def _shown(evaluations: Sequence[Evaluation]) -> Iterator[tuple[str, str]]:
    for name in in_order(
        {figure.name for evaluation in evaluations for figure in evaluation.metrics}
    ):
        yield from ((name, group) for group in metric_of(name).headline)


def _value(figure: Figure | None) -> str:
    return "" if figure is None or figure.value is None else shown_value(figure)


def _difference(last: Evaluation, name: str, group: str) -> list[Text]:
    """The difference in words; nothing where there is no base."""
    if not last.against:
        return []
    found = find(last.differences, name, group)
    if found is None or found.value is None:
        return [Text("")]
    return [Text(short_change(found) + unit_of(found))]


def _unscored(evaluations: Sequence[Evaluation]) -> list[str]:
    """Share of each entrant's cases of compliance that are unscored; empty where none is."""
    found = [find(evaluation.metrics, COMPLIANCE) for evaluation in evaluations]
    if not any(figure and figure.n_unscored for figure in found):
        return []
    return [f"{m.n_unscored / (m.n + m.n_unscored):.0%}" if m else "" for m in found]
