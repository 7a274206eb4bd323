"""Values that print themselves as a table and give their rows to a data frame."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from rich.table import Table
from rich.text import Text

from specloop.terminal import text_of

_SHOWN = 200
"""Most characters of a printed cell; the rows have all of it."""
_ROWS = 40
"""Most rows that are printed."""


class Tabular(ABC):
    """A value of many rows: `pandas.DataFrame(value.rows())` is the whole of it."""

    @abstractmethod
    def rows(self) -> list[dict[str, Any]]:
        """One dict a row, all with the same keys."""

    @property
    def note(self) -> str:
        """Printed below it."""
        return ""

    def table(self) -> Table:
        """What is printed."""
        rows = self.rows()
        table = Table(caption=self.note or None)
        for name in rows[0] if rows else ():
            table.add_column(name)
        for row in rows[:_ROWS]:
            table.add_row(*(Text(_shown(value)) for value in row.values()))
        if len(rows) > _ROWS:
            table.add_row(f"… and {len(rows) - _ROWS} more in .rows()")
        return table

    def __str__(self) -> str:
        return text_of(self.table()) if self.rows() else self.note

    def __repr__(self) -> str:
        return str(self)


def _shown(value: object) -> str:
    text = "" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
