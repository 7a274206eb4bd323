"""The rules as the page shows them: numbered in document order, with figures, check and level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from specloop.measuring.compliance import COMPLIANCE
from specloop.metrics import every_metric, metric_of
from specloop.outcomes import outcome_of
from specloop.records import CheckCall, Condition, Edit, Figure, Rule, Section
from specloop.report.comparison import ShownEvaluations, difference_between, figure_of
from specloop.report.data import ReportData
from specloop.report.figure_text import (
    difference_interval_text,
    difference_text,
    interval_text,
    value_text,
)
from specloop.spec.rules_yaml import near

Change = Literal["up", "flat", "down", "none"]
N_LEVELS = 5
UNDECIDABLE = "not decidable by code"


class FigureText(NamedTuple):
    """One value in words, for the panel."""

    label: str
    value: str
    interval: str
    n: int
    unscored: int


class RuleView(NamedTuple):
    """A rule with everything the page says about it."""

    number: int
    rule: Rule
    section: str
    held_out: bool
    edited: bool
    check: str
    before: Figure | None
    after: Figure | None
    difference: Figure | None
    figures: tuple[FigureText, ...]
    unmeasured: tuple[FigureText, ...]

    @property
    def level_before(self) -> int | None:
        """Compliance before training in fifths, 0 lowest; None if not measured."""
        return _level(self.before)

    @property
    def level_after(self) -> int | None:
        """Compliance after training in fifths."""
        return _level(self.after)

    @property
    def change(self) -> Change:
        """Whether compliance changed: by more than noise if an interval is known, otherwise by 5
        points."""
        outcome = outcome_of(self.difference)
        if outcome in ("better", "worse", "noise"):
            return {"better": "up", "worse": "down", "noise": "flat"}[outcome]  # pyright: ignore[reportReturnType]
        if (
            not self.before
            or not self.after
            or self.before.value is None
            or self.after.value is None
        ):
            return "none"
        moved = self.after.value - self.before.value
        return "flat" if abs(moved) < 0.05 else ("up" if moved > 0 else "down")

    @property
    def label(self) -> str:
        """The short figure beside the rule in the document."""
        values = [m.value for m in (self.before, self.after) if m and m.value is not None]
        if values:
            return "→".join(f"{100 * value:.0f}" for value in values) + "%"
        return "not measured" if self.rule.check else "no check"

    @property
    def spoken(self) -> str:
        """The same for a screen reader."""
        parts = [f"Rule {self.number}"]
        for word, figure in (("before", self.before), ("after", self.after)):
            if figure and figure.value is not None:
                parts.append(f"{word} {100 * figure.value:.0f} percent kept")
        if not self.rule.check:
            parts.append(UNDECIDABLE)
        if self.held_out:
            parts.append("held out of training")
        if self.edited:
            parts.append("edited by hand")
        return ", ".join(parts)


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
    ordered = sorted(data.rules, key=lambda rule: (rule.start, rule.end, rule.id))
    return tuple(
        RuleView(
            number=number,
            rule=rule,
            section=section_title(sections.get(rule.section)),
            held_out=rule.id in data.held_out,
            edited=rule.id in edited,
            check=check_text(rule.check or rule.part),
            before=figure_of(contrast.before, COMPLIANCE, rule.id),
            after=figure_of(contrast.after, COMPLIANCE, rule.id),
            difference=difference_between(contrast.after, contrast.before, COMPLIANCE, rule.id),
            figures=_figures(contrast, rule.id, COMPLIANCE),
            unmeasured=tuple(
                figure
                for metric in every_metric()
                if not metric.is_measured
                for figure in _figures(contrast, rule.id, metric.name)
            ),
        )
        for number, rule in enumerate(ordered, 1)
    )


def numbers_of(views: Sequence[RuleView]) -> Mapping[str, int]:
    """Rule id -> its number on the page."""
    return {view.rule.id: view.number for view in views}


def section_title(section: Section | None) -> str:
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


def _figures(contrast: ShownEvaluations, rule: str, name: str) -> tuple[FigureText, ...]:
    metrics = ((e.label, figure_of(e, name, rule)) for e in contrast.shown)
    own = [
        FigureText(label, value_text(m.value, metric_of(name)), interval_text(m), m.n, m.n_unscored)
        for label, m in metrics
        if m
    ]
    difference = difference_between(contrast.after, contrast.before, name, rule)
    if difference and difference.value is not None:
        change = difference_text(difference).removesuffix(" points")
        interval = difference_interval_text(difference)
        own.append(
            FigureText("change, points", change, interval, difference.n, difference.n_unscored)
        )
    return tuple(own)


def _level(figure: Figure | None) -> int | None:
    if figure is None or figure.value is None:
        return None
    return min(N_LEVELS - 1, max(0, int(figure.value * N_LEVELS)))


def _mentions(condition: Condition) -> str:
    lists = (condition.mentions, condition.together_with)
    shown = (" or ".join(f"“{word}”" for word in words) for words in lists if words)
    return " together with ".join(shown)


def _plain(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return " | ".join(str(item) for item in value)  # pyright: ignore[reportUnknownVariableType]
    return str(value)
