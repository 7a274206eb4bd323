"""The figures after a revision as tables of the page: one for each trainer and part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from specloop.records import RevisionFigure
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
