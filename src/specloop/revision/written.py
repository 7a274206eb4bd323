"""A comparison of two versions as JSON and as lines of text."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, get_args

from rich.text import Text

from specloop.records import Rule
from specloop.records.revision import ChangeKind, Effect
from specloop.revision.comparison import Comparison, DocumentVersion, Shown
from specloop.revision.marks import WordRun, marked
from specloop.terminal import one_line

NAMES = (*get_args(ChangeKind), *get_args(Effect))
"""What changes can be chosen by."""
_STYLES = {"[-": "red", "{+": "green"}
_CLOSE = {"[-": "-]", "{+": "+}"}


def chosen(comparison: Comparison, only: Collection[str]) -> Iterator[Shown]:
    """The changes of some kinds or effects; without a choice all except what is plainly kept."""
    for one in comparison.shown:
        named = one.change.kind in only or one.change.effect in only
        if named or (not only and not one.is_plain):
            yield one


def as_data(comparison: Comparison, only: Collection[str] = ()) -> dict[str, Any]:
    """The comparison for programs. All changes, or those chosen; marks are runs of text that join
    to the wordings, each with whether it changed."""
    shown = chosen(comparison, only) if only else comparison.shown
    return {
        "old": _version(comparison.old),
        "new": _version(comparison.new),
        "found_again": round(comparison.found_again, 4),
        "one_document": comparison.is_of_one_document,
        "kinds": {name: comparison.kinds.get(name, 0) for name in get_args(ChangeKind)},
        "effects": {name: comparison.effects.get(name, 0) for name in get_args(Effect)},
        "changes": [_change(one, comparison) for one in shown],
    }


def _version(version: DocumentVersion) -> dict[str, Any]:
    return {"name": version.name, "rules": len(version.given.rules)}


def _change(one: Shown, comparison: Comparison) -> dict[str, Any]:
    marks = marked(*one.texts) if one.old and one.new and not one.is_plain else ([], [])
    return {
        **one.change.model_dump(mode="json", exclude={"old", "new"}),
        "old": [_rule(rule, comparison.old) for rule in one.old],
        "new": [_rule(rule, comparison.new) for rule in one.new],
        "old_marks": [[run.text, run.changed] for run in marks[0]],
        "new_marks": [[run.text, run.changed] for run in marks[1]],
    }


def _rule(rule: Rule, version: DocumentVersion) -> dict[str, Any]:
    return {
        "id": rule.id,
        "place": version.place(rule),
        "section": list(version.path(rule)),
        "authority": rule.authority,
        "text": rule.text,
        "quote": rule.quote,
    }


def heading(comparison: Comparison) -> Iterator[str]:
    """Lines that say what the two versions are to one another."""
    old, new = comparison.old, comparison.new
    yield (
        f"{old.name} ({_counted(len(old.given.rules), 'rule')}) -> "
        f"{new.name} ({_counted(len(new.given.rules), 'rule')}): "
        f"{comparison.found_again:.1%} of the old rules found again"
    )
    kinds = ", ".join(f"{comparison.kinds.get(name, 0)} {name}" for name in get_args(ChangeKind))
    effects = ", ".join(f"{n} {name}" for name, n in comparison.effects.most_common())
    yield kinds + (f"; effect: {effects}" if effects else "")
    if not comparison.is_of_one_document:
        yield (
            f"only {comparison.found_again:.1%} of the old rules are found again: this is "
            "probably another document, not a version of the old one"
        )


def _counted(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def lines_of(one: Shown, comparison: Comparison) -> Iterator[Text]:
    """The lines of one change. What changed stands in [-...-] and {+...+}, coloured where there are
    colours."""
    yield Text(_label(one, comparison), style="bold")
    old, new = one.texts
    if old and new and old != new:
        before, after = marked(old, new)
        yield _with_marks("- ", before, "[-")
        yield _with_marks("+ ", after, "{+")
    else:
        sign = " " if old and new else "-" if old else "+"
        yield Text(f"  {sign} {one_line(new or old)}")


def _label(one: Shown, comparison: Comparison) -> str:
    change = one.change
    old, new = (
        ", ".join(place for rule in rules if (place := version.place(rule)))
        for rules, version in ((one.old, comparison.old), (one.new, comparison.new))
    )
    places = " -> ".join(part for part in (old, new) if part)
    what = ", ".join(filter(None, (change.kind, change.effect)))
    if change.effect_by == "model":
        what += f" (says the model, {change.confidence or 0:.0%} sure)"
    differs = f"; differs in {', '.join(change.differs)}" if change.differs else ""
    how = f"; by {change.found_by} {change.likeness:.2f}" if change.likeness < 1 else ""
    reason = f": {one_line(change.reason)}" if change.reason else ""
    return f"{places or '-'}  {what}{differs}{how}{reason}"


def _with_marks(sign: str, runs: list[WordRun], opening: str) -> Text:
    text = Text(f"  {sign}")
    for run in runs:
        said = one_line(run.text)
        if not run.changed or not said.strip():
            text.append(said)
            continue
        bare = said.strip()
        before, _, after = said.partition(bare)
        text.append(before)
        text.append(f"{opening}{bare}{_CLOSE[opening]}", style=_STYLES[opening])
        text.append(after)
    return text
