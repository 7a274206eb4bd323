"""The figures after a revision in words and tables: one line a figure, each model's value, then the
paired differences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.table import Table
from rich.text import Text

from specloop.metrics import metric_of
from specloop.records import Figure, RevisionComparison, RevisionFigure, RevisionPart
from specloop.revision.outcome import FOLLOWED

PARTS: dict[RevisionPart, str] = {
    "new": "The new rule is followed",
    "old": "The old rule is followed in its place",
    "rest": "The rest is as before",
}
_LONGEST = 60
_SHORT = 38


class RevisionRow(NamedTuple):
    """One figure in words."""

    part: RevisionPart
    text: str
    values: tuple[str, ...]
    compared: tuple[str, ...]


class RevisionGrid(NamedTuple):
    """The figures of one trainer's models."""

    trainer: str
    labels: tuple[str, ...]
    compared: tuple[str, ...]
    """`dpo continued against dpo former`."""
    rows: tuple[RevisionRow, ...]
    margin: float

    @property
    def note(self) -> str:
        """What `no worse` means."""
        if not self.compared:
            return ""
        return f"No worse: the difference's whole interval lies above a loss of {self.margin:g}."


def revision_grids(figures: Sequence[RevisionFigure]) -> Iterator[RevisionGrid]:
    """One for each trainer."""
    for trainer in dict.fromkeys(figure.trainer for figure in figures):
        own = [figure for figure in figures if figure.trainer == trainer]
        labels = tuple(dict.fromkeys(label for figure in own for label in figure.values))
        pairs = tuple(dict.fromkeys((c.label, c.against) for f in own for c in f.compared))
        margins = [one.margin for figure in own for one in figure.compared]
        yield RevisionGrid(
            trainer,
            labels,
            tuple(f"{label} against {against}" for label, against in pairs),
            tuple(_row(figure, labels, pairs) for figure in own),
            max(margins, default=0.0),
        )


def revision_tables(figures: Sequence[RevisionFigure], *, in_full: bool = False) -> Iterator[Table]:
    """One for each trainer: a line a figure, with the difference to the former model; in full also
    numbers of cases and every comparison."""
    for grid in revision_grids(figures):
        table = Table(title=f"After the revision: {grid.trainer}", caption=Text(grid.note))
        table.add_column("")
        for label in grid.labels:
            table.add_column(label.replace(" ", "\n"), justify="right")
        compared = grid.compared if in_full else grid.compared[:1]
        for pair in compared:
            table.add_column(pair)
        for part, title in PARTS.items():
            rows = [row for row in grid.rows if row.part == part]
            if rows:
                table.add_section()
                table.add_row(Text(title, style="bold"))
            for row in rows:
                cells = (*row.values, *row.compared[: len(compared)])
                table.add_row(*_shown(row.text, cells, in_full=in_full))
        yield table


def _shown(text: str, cells: Iterable[str], *, in_full: bool) -> Iterator[Text]:
    if in_full:
        yield from map(Text, (text, *cells))
        return
    yield Text(text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…")
    for cell in cells:
        value, _, below = cell.partition("\n")
        yield Text(f"{value}, {below}" if below and not below.startswith("n ") else value)


def _row(
    figure: RevisionFigure, labels: Sequence[str], pairs: Sequence[tuple[str, str]]
) -> RevisionRow:
    known = {(one.label, one.against): one for one in figure.compared}
    return RevisionRow(
        figure.part,
        figure.text if len(figure.text) <= _LONGEST else f"{figure.text[:_LONGEST]}…",
        tuple(_value(figure, figure.values.get(label)) for label in labels),
        tuple(_comparison(known.get(pair)) for pair in pairs),
    )


def _value(row: RevisionFigure, figure: Figure | None) -> str:
    """Its value, and below it how many cases there are and could not be told."""
    if figure is None or (figure.value is None and not figure.n_unscored):
        return ""
    unscored = f", {figure.n_unscored} open" if figure.n_unscored else ""
    value = "–" if figure.value is None else f"{figure.value:{_form(row)}}"
    return f"{value}\nn {figure.n}{unscored}"


def _comparison(compared: RevisionComparison | None) -> str:
    """`+0.41 [+0.32, +0.50]`, and what that says."""
    if compared is None or compared.difference.value is None:
        return ""
    difference = compared.difference
    low, high = difference.ci_low, difference.ci_high
    interval = "" if low is None or high is None else f" [{low:+.2f}, {high:+.2f}]"
    return f"{difference.value:+.2f}{interval}\n{outcome_text(compared)}"


def outcome_text(compared: RevisionComparison) -> str:
    """What a difference says: better, worse, no worse, or open."""
    outcome, is_no_worse = compared.difference.outcome, compared.is_no_worse
    if outcome == "better":
        return "better"
    if outcome == "worse":
        return "worse, within the margin" if is_no_worse else "worse"
    if outcome == "open":
        return "open: unscored cases could reverse it"
    return "no worse" if is_no_worse else "open"


def _form(row: RevisionFigure) -> str:
    return ".2f" if row.name == FOLLOWED else metric_of(row.name).form
