"""Where each row of a built benchmark comes from."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from specloop.records import Category, MadeBy, Record, Side


class BuiltRow(Record):
    """How one row was made; the row itself is in the scenario."""

    FILE: ClassVar[str] = "built.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("row",)

    row: str
    """Id of the `BenchRow`."""
    rules: tuple[str, ...]
    """The rule it probes, then that rule's exceptions."""
    category: Category
    number: int
    """The spec's number within its category."""
    side: Side
    intent: str
    """What the writer wants by it, as it was planned."""
    intended_by: MadeBy
    written_by: MadeBy
    checked_by: MadeBy
    tactics: tuple[str, ...] = ()
    """Of the attack, composed; empty where the row is not attacked."""
    attempts: int = Field(default=0, ge=0)
    """Attacks tried, the one that was kept included."""
    votes: tuple[int, int] | None = None
    """How many judgements found the meaning kept, of how many asked."""
    attacked_by: MadeBy | None = None
