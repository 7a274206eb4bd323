"""What failed while a stage went on."""

from __future__ import annotations

from typing import ClassVar, Literal

from specloop.records.base import Record

FailureKind = Literal["failed", "left out"]


class Failure(Record):
    """One item that failed while the run went on."""

    FILE: ClassVar[str] = "failures.jsonl"

    stage: str
    item: str
    reason: str
    kind: FailureKind = "failed"
    """`left out`: it was worked on in full, and what came of it was not fit to keep."""
    record: str = ""
    """Id of the record that it did not become, where that is known: a later try may have."""
