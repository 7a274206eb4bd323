"""What failed while a stage continued."""

from __future__ import annotations

from typing import ClassVar, Literal

from specloop.records.base import Record

FailureKind = Literal["failed", "left out"]


class Failure(Record):
    """One item that failed while the run continued."""

    FILE: ClassVar[str] = "failures.jsonl"

    stage: str
    item: str
    reason: str
    kind: FailureKind = "failed"
    """`left out`: the item was finished, but its result was not usable."""
    record: str = ""
    """The id of the record that was not made, if known: a later attempt may have made it."""
