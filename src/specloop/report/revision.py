"""A revision on the page: what it changed, and the figures after it as tables, one for each trainer
and part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from specloop.records import RevisionFigure
from specloop.report.data import ReportData
from specloop.report.grids import Grid, GridCell, Head, Row
from specloop.revision.table import PARTS, RevisionRow, revision_grids


def revision_parts(figures: Sequence[RevisionFigure]) -> Iterator[Grid]:
    """Each model's value, then the paired differences."""
    for grid in revision_grids(figures):
        heads = tuple(map(Head, (*grid.labels, *grid.compared)))
        for part, title in PARTS.items():
            rows = tuple(_row(row) for row in grid.rows if row.part == part)
            if rows:
                yield Grid(f"{title}: {grid.trainer}", grid.note, "", heads, rows, is_open=True)


def _row(row: RevisionRow) -> Row:
    return Row(row.text, tuple(_cell(text) for text in (*row.values, *row.compared)))


def _cell(text: str) -> GridCell | None:
    value, _, note = text.partition("\n")
    return GridCell(value, interval=note.replace("\n", ", ")) if text else None


def revision_changes(data: ReportData) -> Iterator[tuple[str, str, str, str]]:
    """Each change of rules by the last revision: its kind and effect, the texts before and now."""
    for revision in data.revisions[-1:]:
        was = {rule.id: rule.text for rule in revision.rules}
        now = {rule.id: rule.text for rule in data.given} | {r.id: r.text for r in data.rules}
        for change in revision.changes:
            if not change.is_same:
                texts = _texts(change.old, was), _texts(change.new, now)
                yield change.kind, change.effect or "", *texts


def changed_words(data: ReportData) -> str:
    """How many rules the last revision changed, by kind and effect, and what fell out; empty
    without a revision."""
    if not data.revisions:
        return ""
    last = data.revisions[-1]
    kinds = Counter(change.kind for change in last.changes)
    effects = Counter(c.effect for c in last.changes if c.effect and not c.is_same)
    own = (one.file for one in data.asides if one.document == last.old)
    asides = Counter(name.removesuffix(".jsonl") for name in own)
    parts = [f"Rules: {_counted(kinds)}", f"Effects: {_counted(effects)}" if effects else ""]
    parts.append(f"Set aside, with the reason: {_counted(asides)}" if asides else "")
    return ". ".join(filter(None, parts)) + "."


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{n} {what.replace('_', ' ')}" for what, n in counts.most_common())


def _texts(ids: Iterable[str], texts: dict[str, str]) -> str:
    return " / ".join(texts[one] for one in ids if one in texts)
