"""A benchmark before and after a revision of its document, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from specloop.evaluation.table import find
from specloop.measuring.compliance import COMPLIANCE
from specloop.metrics import in_order, metric_of
from specloop.records import Case, Evaluation, Figure
from specloop.report.bench_data import BenchVersions
from specloop.report.figure_text import interval_text, text_of
from specloop.report.grids import Grid, GridCell, Head, Row


def versions_grid(versions: BenchVersions) -> Grid | None:
    """The figures of both versions for each entrant that both measured; None without one."""
    old, new = versions
    before = {one.label: one for one in old.evaluations}
    pairs = [(before[one.label], one) for one in new.evaluations if one.label in before]
    if not pairs:
        return None
    rows = {one.id: one for one in old.cases}
    stayed = frozenset(one.id for one in new.cases if one.id in rows)
    gone, come = frozenset(rows) - stayed, frozenset(one.id for one in new.cases) - stayed
    heads = [Head(f"{two.label}, {when}") for _, two in pairs for when in ("before", "now")]
    lines = [_row(metric_of(name).title, _totals(pairs, name)) for name in _names(pairs)]
    labels = [two.label for _, two in pairs]
    for place, own in _scenarios(old.cases, new.cases):
        for title, then, now in (("unchanged rows", stayed, stayed), ("replaced rows", gone, come)):
            each = [(old.kept(one, then & own), new.kept(one, now & own)) for one in labels]
            name = f"{metric_of(COMPLIANCE).title} by code, {title}{place}"
            lines.append(_row(name, [figure for both in each for figure in both]))
    counts = tuple(_counts(old.cases, new.cases, stayed))
    title = f"{pairs[0][1].source}, before and after the revision"
    return Grid(title, "", "", tuple(heads), tuple(lines), is_open=True, notes=counts)


def _scenarios(old: Iterable[Case], new: Iterable[Case]) -> Iterator[tuple[str, frozenset[str]]]:
    """The ids of all rows, then of those of each scenario where there are several."""
    every = {one.id: one.scenario for one in (*old, *new)}
    names = list(dict.fromkeys(every.values()))
    yield "", frozenset(every)
    for name in names if len(names) > 1 else ():
        yield f", {name}", frozenset(id_ for id_, own in every.items() if own == name)


def _names(pairs: Iterable[tuple[Evaluation, Evaluation]]) -> list[str]:
    """The metrics that short tables show."""
    every = {m.name for pair in pairs for one in pair for m in one.metrics if not m.group}
    return [name for name in in_order(every) if "" in metric_of(name).headline]


def _totals(pairs: Iterable[tuple[Evaluation, Evaluation]], name: str) -> list[Figure | None]:
    return [find(one.metrics, name) for pair in pairs for one in pair]


def _row(title: str, figures: Iterable[Figure | None]) -> Row:
    cells = (GridCell(text_of(f), interval_text(f), f.n) if f else None for f in figures)
    return Row(title, tuple(cells))


def _counts(old: Iterable[Case], new: Iterable[Case], stayed: frozenset[str]) -> Iterator[str]:
    """How many rows are the same, by scenario."""
    old, new = list(old), list(new)
    for scenario in dict.fromkeys(one.scenario for one in new):
        now = [one.id for one in new if one.scenario == scenario]
        was = [one.id for one in old if one.scenario == scenario]
        same = sum(one in stayed for one in now)
        yield f"{scenario}: {same} rows unchanged, {len(was) - same} gone, {len(now) - same} new"
