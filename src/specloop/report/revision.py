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
    """How many rules the last revision changed, by kind and effect; empty without a revision."""
    if not data.revisions:
        return ""
    changes = data.revisions[-1].changes
    kinds = Counter(change.kind for change in changes)
    effects = Counter(c.effect for c in changes if c.effect and not c.is_same)
    told = f"Rules: {_counted(kinds)}."
    return f"{told} Effects: {_counted(effects)}." if effects else told


COUNTS = ("Records", "Kept", "Back", "Set aside", "Made since")
"""What the last update did with records, of each kind."""


def revision_counts(data: ReportData) -> Iterator[tuple[str, ...]]:
    """The rows of the table of these counts."""
    for last in data.revisions[-1:]:
        asides = Counter(one.file for one in data.asides if one.document == last.old)
        for name in dict.fromkeys([*last.kept, *last.back, *asides]):
            kept, back = last.kept.get(name, 0), last.back.get(name, 0)
            made = max(0, data.manifest.records.get(name, 0) - kept - back)
            what = name.removesuffix(".jsonl").replace("_", " ")
            yield what, *map(str, (kept, back, asides[name], made))


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{n} {what}" for what, n in counts.most_common())


def _texts(ids: Iterable[str], texts: dict[str, str]) -> str:
    return " / ".join(texts[one] for one in ids if one in texts)
