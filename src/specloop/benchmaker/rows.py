"""How a row of a benchmark was made."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from specloop.records import Category, MadeBy, Record, Side


class BuiltRow(Record):
    """How one row was made. The row itself is in the scenario."""

    FILE: ClassVar[str] = "built.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("row",)

    row: str
    """Id of the `Case`."""
    rules: tuple[str, ...]
    """The rule that it probes, then that rule's exceptions."""
    category: Category
    number: int
    """The spec's number within its category."""
    side: Side
    intent: str
    """What the writer of the prompt wants, as planned."""
    intended_by: MadeBy
    written_by: MadeBy
    checked_by: MadeBy | None = None
    tactics: tuple[str, ...] = ()
    """The composed tactics of the attack; empty if the row is not attacked."""
    attempts: int = Field(default=0, ge=0)
    """How many attacks were tried, including the one that was kept."""
    votes: tuple[int, int] | None = None
    """How many judgements found the meaning kept, and how many were asked for."""
    attacked_by: MadeBy | None = None
