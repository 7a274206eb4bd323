"""The rules as the page shows them: numbered in document order, with figures, check and level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from specloop.measuring.compliance import COMPLIANCE
from specloop.records import CheckCall, Condition, Edit, Rule, Section
from specloop.report.comparison import Change, ShownEvaluations
from specloop.report.data import ReportData
from specloop.report.standing import Standing, Standings
from specloop.spec.rules_yaml import near

UNDECIDABLE = "not decidable by code"


class RuleView(NamedTuple):
    """A rule with everything the page says about it."""

    number: int
    rule: Rule
    section: str
    held_out: bool
    edited: bool
    check: str
    compliance: Change
    standings: tuple[Standing, ...] = (Standing(Change(None, None, None)),)
    """How each shown entrant does on it."""
    at: int = 0
    """The entrant that the page shows first."""

    @property
    def standing(self) -> Standing:
        """That of the entrant that is shown first."""
        return self.standings[self.at]

    @property
    def marks(self) -> tuple[str, ...]:
        """What else is to be known of it, in words."""
        marks = (
            (UNDECIDABLE, not self.rule.check),
            ("held out of training", self.held_out),
            ("edited by hand", self.edited),
        )
        return tuple(mark for mark, holds in marks if holds)

    @property
    def spoken(self) -> str:
        """The rule and its figures for a screen reader."""
        return ", ".join([f"Rule {self.number}", self.standing.spoken, *self.marks])


class EditRow(NamedTuple):
    """One edit, in words."""

    number: int
    """The rule's number on the page; 0 if it is dropped or removed."""
    wording: str
    done: str
    by: str
    reason: str
    now: str
    """What the document says instead, if the edit has lost its rule."""


def rule_views(data: ReportData, contrast: ShownEvaluations) -> tuple[RuleView, ...]:
    """Number the rules by their place in the document and gather their figures."""
    sections = {section.id: section for section in data.sections}
    edited = {edit.rule for edit in data.edits.kept}
    standings = Standings(data, contrast)
    at = entrant_of(contrast)
    ordered = sorted(data.rules, key=lambda rule: (rule.start, rule.end, rule.id))
    return tuple(
        RuleView(
            number=number,
            rule=rule,
            section=_section_title(sections.get(rule.section)),
            held_out=rule.id in data.held_out,
            edited=rule.id in edited,
            check=check_text(rule.check or rule.part),
            compliance=contrast.change(COMPLIANCE, rule.id),
            standings=standings.of(rule),
            at=at,
        )
        for number, rule in enumerate(ordered, 1)
    )


def entrant_of(contrast: ShownEvaluations) -> int:
    """The number of the entrant that the document shows first: what was trained, else the base."""
    first = contrast.after or contrast.before
    return next((n for n, one in enumerate(contrast.shown) if one is first), 0)


def held_out_of(views: Sequence[RuleView]) -> tuple[RuleView, ...]:
    """The measured rules that are wholly held out of training, in document order."""
    return tuple(view for view in views if view.held_out and any(view.compliance[:2]))


def numbers_of(views: Sequence[RuleView]) -> Mapping[str, int]:
    """Rule id -> its number on the page."""
    return {view.rule.id: view.number for view in views}


def _section_title(section: Section | None) -> str:
    """A section's headings from the outermost inwards."""
    return " › ".join(section.path) if section else ""


def check_text(call: CheckCall | None) -> str:
    """How code decides a rule, in words, or that it cannot."""
    if call is None:
        return UNDECIDABLE
    options = ", ".join(f"{key} = {_plain(value)}" for key, value in call.options.items())
    parts = [f"{call.name}: {options}" if options else call.name]
    if call.when:
        parts.append(f"applies when the request mentions {_mentions(call.when)}")
    if call.only:
        parts.append("and only then")
    parts += [f"not when it mentions {_mentions(condition)}" for condition in call.unless]
    if call.leaves:
        parts.append(f"a part only, which no figure counts; left to judgement: {call.leaves}")
    return "; ".join(parts)


def edit_rows(data: ReportData, numbers: Mapping[str, int]) -> list[EditRow]:
    """The edits in force, then those that lost their rule."""
    lost = [_edit_row(edit, 0, near(edit, data.given, data.document)) for edit in data.edits.lost]
    return [*(_edit_row(edit, numbers.get(edit.rule, 0), "") for edit in data.edits.kept), *lost]


def _edit_row(edit: Edit, number: int, now: str) -> EditRow:
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


def _mentions(condition: Condition) -> str:
    lists = (condition.mentions, condition.together_with)
    shown = (" or ".join(f"“{word}”" for word in words) for words in lists if words)
    return " together with ".join(shown)


def _plain(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return " | ".join(str(item) for item in value)  # pyright: ignore[reportUnknownVariableType]
    return str(value)
