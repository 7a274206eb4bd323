"""The tables of figures of both pages: columns, rows and their cells."""

from __future__ import annotations

from typing import Literal, NamedTuple

from specloop.outcomes import outcome_of
from specloop.records import Figure, Outcome
from specloop.report.figure_text import (
    bounds_text,
    difference_interval_text,
    difference_text,
    interval_text,
    level_of,
    p_text,
    text_of,
)

Na = Literal["", "na-counted", "na-left-out"]
"""The convention for NA that something belongs to; empty: both."""


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
    is_unmeasured: bool = False


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
    )
