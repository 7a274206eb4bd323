"""Edits carried over to another reading of the document, or to its next version.

A rule is the same rule where it says the same: its headings may be reworded and its section may
move. Where the wording itself has changed, or more than one rule could be meant, its edits are lost
until a person looks at them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from specloop.records import Edit, Rule
from specloop.spec.edits import DocumentRules, Edits, with_added
from specloop.spec.rules_yaml import values_of


class _Place(NamedTuple):
    rule: str
    text: str
    path: tuple[str, ...]


_SAME: tuple[Callable[[_Place], object], ...] = (
    lambda one: one.rule,
    lambda one: (one.text, one.path),
    lambda one: (one.text, one.path[-1:]),
    lambda one: one.text,
)
"""What makes two rules the same, the surest first; it must be one rule's alone."""


def carry(edits: Edits, old: DocumentRules, new: DocumentRules) -> Edits:
    """Edits of one reading of the document, for another."""
    moved = _follow(_places(with_added(old, edits.kept), old), _places(new.rules, new))
    free = [place for place in _places(new.rules, new) if place.rule not in moved.values()]
    moved |= _follow([_Place(e.rule, e.wording, e.path) for e in edits.lost], free)
    now = {rule.id: rule.section for rule in new.rules}
    sections = {rule.section: now[moved[rule.id]] for rule in old.rules if rule.id in moved}
    own = [e for e in edits.kept if e.field == "added" and e.rule not in moved]
    own = [e.model_copy(update={"section": sections.get(e.section, e.section)}) for e in own]
    rules = {rule.id: rule for rule in with_added(new, own)}
    kept: dict[str, Edit] = {}
    lost: list[Edit] = []
    settled: list[Edit] = []
    for edit in (*edits.kept, *edits.lost):
        rule = rules.get(moved.get(edit.rule, edit.rule))
        found = _on(edit, rule, new) if rule else None
        if found is None or found.id in kept:
            lost.append(edit)
        elif found.before == found.after:
            settled.append(edit)
        else:
            kept[found.id] = found
    return Edits(tuple(kept.values()), tuple(lost), tuple(settled))


def _on(edit: Edit, rule: Rule, new: DocumentRules) -> Edit:
    """The edit on a rule of the new reading."""
    section = new.section(rule.section)
    given = values_of(rule) | {"drop": False, "added": rule.text if new.has(rule) else None}
    place = {"rule": rule.id, "wording": rule.text, "section": rule.section}
    place |= {"path": section.path if section else (), "before": given[edit.field]}
    return Edit.model_validate(edit.model_dump(exclude={"id"}) | place)


def _places(rules: Iterable[Rule], given: DocumentRules) -> list[_Place]:
    paths = {section.id: section.path for section in given.sections}
    return [_Place(rule.id, rule.text, paths.get(rule.section, ())) for rule in rules]


def _follow(old: Sequence[_Place], new: Sequence[_Place]) -> dict[str, str]:
    """Id of an old rule -> id of the new one that is the same."""
    found: dict[str, str] = {}
    for same in _SAME:
        left, right = _alone(old, same), _alone(new, same)
        pairs = {left[key].rule: right[key].rule for key in left.keys() & right.keys()}
        found |= pairs
        old = [one for one in old if one.rule not in pairs]
        new = [one for one in new if one.rule not in pairs.values()]
    return found


def _alone(places: Sequence[_Place], same: Callable[[_Place], object]) -> dict[object, _Place]:
    counts = Counter(map(same, places))
    return {same(place): place for place in places if counts[same(place)] == 1}
