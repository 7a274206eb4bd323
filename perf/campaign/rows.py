"""What a part of the campaign reports."""

# pyright: basic
from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """One line of the table: attacks of a kind, and what came of them."""

    name: str
    tried: int
    lost: int
    """Finished calls or records that were gone after the same command had gone on to its end."""
    wrong: int
    """Ends that were neither the right result nor a clear refusal (a line on stderr, exit 1 or
    2)."""
    tracebacks: int
    requests_per_call: float | None = None
    """Requests that reached the server for each distinct call; None where no server is asked."""

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, wrong or ended in a traceback."""
        return not (self.lost or self.wrong or self.tracebacks)


HEAD = (
    "| attacks | tried | lost | wrong | tracebacks | requests a call |\n"
    "| --- | --- | --- | --- | --- | --- |"
)


def line(row: Row) -> str:
    """The row as a line of a Markdown table."""
    sent = "" if row.requests_per_call is None else f"{row.requests_per_call:.2f}"
    cells = (row.name, row.tried, row.lost, row.wrong, row.tracebacks, sent)
    return f"| {' | '.join(map(str, cells))} |"
