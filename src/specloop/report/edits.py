"""What a person edited in the rules, as the page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from specloop.records import CheckCall, Edit
from specloop.report.data import ReportData
from specloop.report.rules import check_text
from specloop.spec.rules_yaml import near

_WORDS = {"drop": "left out", "added": "added"}


class EditRow(NamedTuple):
    """One edit, in words."""

    number: int
    """The rule's on the page; 0 where it is dropped or gone."""
    wording: str
    field: str
    gave: str
    now: str
    by: str
    reason: str
    lost: str
    """What the document says instead, where the edit is not in force."""


def edit_rows(data: ReportData, numbers: Mapping[str, int]) -> list[EditRow]:
    """The edits in force, then those that lost their rule."""
    lost = [_row(edit, 0, near(edit, data.given, data.document)) for edit in data.edits.lost]
    return [*(_row(edit, numbers.get(edit.rule, 0), "") for edit in data.edits.kept), *lost]


def _row(edit: Edit, number: int, lost: str) -> EditRow:
    field, time = edit.field, edit.time.replace("T", " ").removesuffix("Z")
    gave, now = (_value(field, value) for value in (edit.before, edit.after))
    by = ", ".join(part for part in (edit.author, f"{time} UTC" if time else "") if part)
    return EditRow(number, edit.wording, _WORDS.get(field, field), gave, now, by, edit.reason, lost)


def _value(field: str, value: Any) -> str:
    if field == "check":
        return check_text(CheckCall.model_validate(value) if value else None)
    return "" if field == "drop" or value is None else str(value)
