"""What a person edited in the rules, as the page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from specloop.records import CheckCall, Edit
from specloop.report.data import ReportData
from specloop.report.rules import check_text
from specloop.spec.rules_yaml import near


class EditRow(NamedTuple):
    """One edit, in words."""

    number: int
    """The rule's on the page; 0 where it is dropped or gone."""
    wording: str
    done: str
    by: str
    reason: str
    now: str
    """What the document says instead, where the edit has lost its rule."""


def edit_rows(data: ReportData, numbers: Mapping[str, int]) -> list[EditRow]:
    """The edits in force, then those that lost their rule."""
    lost = [_row(edit, 0, near(edit, data.given, data.document)) for edit in data.edits.lost]
    return [*(_row(edit, numbers.get(edit.rule, 0), "") for edit in data.edits.kept), *lost]


def _row(edit: Edit, number: int, now: str) -> EditRow:
    gave, after = (_value(edit.field, value) for value in (edit.before, edit.after))
    words = {"drop": "left out", "added": "added by hand"}
    done = words.get(edit.field, f"{edit.field}: “{gave}” in the document, edited to “{after}”")
    time = edit.time.replace("T", " ").replace("Z", " UTC")
    by = ", ".join(part for part in (edit.author, time) if part)
    return EditRow(number, edit.wording, done, by, edit.reason, now)


def _value(field: str, value: Any) -> str:
    if field == "check":
        return check_text(CheckCall.model_validate(value) if value else None)
    return str(value)
