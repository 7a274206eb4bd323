"""A person's edits of the rules, and the rules in force: what the document gives, with its edits.

What differs in `rules.yaml` from the document's rules are the edits; `edits.jsonl` remembers who
made each, when and why. Where there is no `rules.yaml`, the remembered edits hold.
"""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, NamedTuple

from pydantic import ValidationError

from specloop.checking import build, compile_wording, link_exceptions
from specloop.errors import InputError
from specloop.jsontext import first_fault
from specloop.records import Authority, Edit, Rule, Section
from specloop.spec.extract import make_rule
from specloop.spec.identity import rule_id
from specloop.spec.rules_yaml import RuleEntry, changes_of, edits_by_rule, entries_of, values_of
from specloop.spec.sections import SectionBlocks
from specloop.spec.wording import Obligation, obligation


class Edits(NamedTuple):
    """A run's edits, by what became of them."""

    kept: tuple[Edit, ...] = ()
    """They are in force."""
    lost: tuple[Edit, ...] = ()
    """The document does not have their rule any more."""
    settled: tuple[Edit, ...] = ()
    """The document now says this itself, so they are not needed any more."""


@dataclass(frozen=True)
class DocumentRules:
    """What was read out of a document."""

    rules: Sequence[Rule]
    sections: Sequence[Section]

    @cached_property
    def ids(self) -> frozenset[str]:
        """The ids of its rules."""
        return frozenset(rule.id for rule in self.rules)

    @cached_property
    def by_section(self) -> Mapping[str, Section]:
        """Id of a section -> the section."""
        return {section.id: section for section in self.sections}


def in_force(given: DocumentRules, edits: Sequence[Edit]) -> list[Rule]:
    """The document's rules with edits, in reading order. A new text gets the check for its
    wording; a check given by hand stays."""
    by_rule = edits_by_rule(edits)
    if not by_rule:
        return list(given.rules)
    changes = {rule: changes_of(rule_edits) for rule, rule_edits in by_rule.items()}
    by_hand = {rule for rule, values in changes.items() if "check" in values}
    rules = [_valid(r, changes.get(r.id, {}), Edit.FILE) for r in with_added(given, edits)]
    undropped = [rule for rule in rules if not changes.get(rule.id, {}).get("drop")]
    unlinked = [rule if rule.id in by_hand else with_check(rule) for rule in undropped]
    linked = link_exceptions(unlinked)
    pairs = zip(unlinked, linked, strict=True)
    return [old if old.id in by_hand else new for old, new in pairs]


def with_added(given: DocumentRules, edits: Iterable[Edit]) -> list[Rule]:
    """The document's rules and those that were added, at the end of their sections."""
    rules = list(given.rules)
    for edit in edits:
        if edit.field == "added":
            rule = _added_rule(edit, given)
            later = (at for at, other in enumerate(rules) if other.start > rule.start)
            rules.insert(next(later, len(rules)), rule)
    return rules


def with_check(rule: Rule) -> Rule:
    """The rule with the check that its wording stands for, or that of a part of it."""
    call = compile_wording(rule.text, rule.scope)
    is_part = call is not None and bool(call.leaves)
    return rule.model_copy(
        update={"check": None if is_part else call, "part": call if is_part else None}
    )


def _added_rule(edit: Edit, given: DocumentRules) -> Rule:
    """An added rule, at the end of its section, or of the document if the section is gone."""
    end = max((section.end for section in given.sections), default=0)
    section = given.by_section.get(edit.section) or Section(path=(), text="", start=end, end=end)
    beside = [rule for rule in given.rules if rule.section == section.id]
    rule = stated_rule(edit.wording, section, beside[0].authority if beside else None)
    return rule.model_copy(update={"id": edit.rule, "family": rule.type})


_NOWHERE = Section(path=(), text="", start=0, end=0)


def stated_rule(text: str, section: Section = _NOWHERE, authority: Authority | None = None) -> Rule:
    """A rule read from a wording that stands in no document, placed at the end of a section."""
    part = SectionBlocks(section, "", None, range(0), authority)
    duty = obligation(text) or Obligation("must", negative=False)
    return with_check(make_rule("", part, text, (section.end, section.end), duty))


@dataclass(frozen=True)
class RulesFile:
    """Reads a file of rules against what the document gave and the edits that are known."""

    name: str
    time: str
    given: DocumentRules
    known: Sequence[Edit]

    @cached_property
    def known_by_id(self) -> Mapping[str, Edit]:
        """Id of a known edit -> the edit."""
        return {edit.id: edit for edit in self.known}

    def edits(self, text: str) -> Edits:
        """What differs, and which lost edits the file still lists."""
        rules = {rule.id: rule for rule in with_added(self.given, self.known)}
        known, entries = edits_by_rule(self.known), entries_of(text, self.name)
        if rules and not entries:
            raise InputError(f"{self.name}: no rule in it; restore it, or delete the file")
        section = next(iter(rules.values())).section if rules else ""
        kept: list[Edit] = []
        lost: list[Edit] = []
        for entry in entries:
            if entry.lost in known and entry.lost not in rules:
                lost += known[entry.lost]
            elif entry.rule in rules:
                section = rules[entry.rule].section
                kept += self._changed(entry, rules[entry.rule])
            elif not entry.rule and not entry.lost:
                kept += self._added(entry, section, {edit.rule for edit in kept})
            else:
                what = "edit that lost its rule" if entry.lost else "rule of this run"
                raise InputError(
                    f"{entry.where}: {entry.rule or entry.lost!r} is no {what}; keep the ids as "
                    "written, and give a new rule none"
                )
        return Edits(tuple(kept), tuple(lost))

    def _changed(self, entry: RuleEntry, rule: Rule) -> Iterator[Edit]:
        before = values_of(rule) | {"drop": False, "added": None}
        if rule.id in self.given.ids and entry.changes.items() <= before.items():
            return
        after = values_of(_checked(rule, entry)) | {"drop": entry.changes.get("drop", False)}
        after["added"] = None if rule.id in self.given.ids else rule.text
        for field in (key for key, value in before.items() if value != after[key]):
            section = self.given.by_section.get(rule.section)
            edit = Edit.model_validate(
                {"rule": rule.id, "wording": rule.text, "section": rule.section, "field": field}
                | {"before": before[field], "after": after[field]}
                | {"path": section.path if section else ()}
            )
            yield self._signed(entry, edit)

    def _added(self, entry: RuleEntry, section: str, taken: set[str]) -> Iterator[Edit]:
        text = str(entry.changes["text"])
        rule = rule_id(section, text)
        if rule in taken or rule in self.given.ids:
            raise InputError(f"{entry.where}: there is such a rule already: {rule}")
        added = Edit(rule=rule, wording=text, section=section, field="added")
        return self._changed(entry, _added_rule(added, self.given))

    def _signed(self, entry: RuleEntry, edit: Edit) -> Edit:
        """An edit that is known already keeps its author and time."""
        old = self.known_by_id.get(edit.id)
        if old is None or old.after != edit.after:
            old = edit.model_copy(update={"author": author_name(), "time": self.time})
        by = {"author": entry.author or old.author, "time": old.time, "reason": entry.reason}
        return edit.model_copy(update=by)


def _checked(rule: Rule, entry: RuleEntry) -> Rule:
    """The rule with the entry's values; an edited check must exist."""
    edited = _valid(rule, entry.changes, entry.where)
    if edited.check and edited.check.leaves:
        raise InputError(
            f"{entry.where}: check: a check that leaves {edited.check.leaves!r} decides no rule; "
            "delete `leaves`, or write null"
        )
    if edited.check and edited.check != rule.check:
        try:
            build(edited.check)
        except InputError as error:
            raise InputError(f"{entry.where}: check: {error}") from None
    return edited


def _valid(rule: Rule, changes: Any, where: str) -> Rule:
    fields = {key: value for key, value in changes.items() if key in Rule.model_fields}
    try:
        return Rule.model_validate(rule.model_dump() | fields) if fields else rule
    except ValidationError as error:
        raise InputError(f"{where}: {first_fault(error)}") from None


def author_name() -> str:
    """The name of who edits files here, as Git or the system knows it; empty if neither does."""
    names = (os.environ.get("GIT_AUTHOR_NAME"), _git_name(), os.environ.get("USER"))
    return next((name.strip() for name in names if name and name.strip()), "")


@cache
def _git_name() -> str:
    try:
        ask = ["git", "config", "user.name"]
        return subprocess.check_output(ask, stderr=subprocess.DEVNULL, timeout=5).decode()
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return ""


_Place = tuple[str, tuple[str, ...]]
"""A rule's text and the headings above it."""


def carry(edits: Edits, old: DocumentRules, new: DocumentRules) -> Edits:
    """Edits of one reading of the document, for another reading or the document's next version.

    A rule is the same if it has the same id, or says the same under other headings. If its wording
    has changed, or more than one rule could be meant, its edits are lost until a person looks.
    """
    places = _places(new.rules, new)
    moved = _follow(_places(with_added(old, edits.kept), old), places)
    free = {rule: places[rule] for rule in places.keys() - set(moved.values())}
    moved |= _follow({edit.rule: (edit.wording, edit.path) for edit in edits.lost}, free)
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
        on_rule = _on(edit, rule, new) if rule else None
        if on_rule is None or on_rule.id in kept:
            lost.append(edit)
        elif on_rule.before == on_rule.after:
            settled.append(edit)
        else:
            kept[on_rule.id] = on_rule
    return Edits(tuple(kept.values()), tuple(lost), tuple(settled))


def _on(edit: Edit, rule: Rule, new: DocumentRules) -> Edit:
    """The edit on a rule of the new reading."""
    section = new.by_section.get(rule.section)
    values = values_of(rule) | {"drop": False, "added": rule.text if rule.id in new.ids else None}
    place = {"rule": rule.id, "wording": rule.text, "section": rule.section}
    place |= {"path": section.path if section else (), "before": values[edit.field]}
    return Edit.model_validate(edit.model_dump(exclude={"id"}) | place)


def _places(rules: Iterable[Rule], given: DocumentRules) -> dict[str, _Place]:
    paths = {section.id: section.path for section in given.sections}
    return {rule.id: (rule.text, paths.get(rule.section, ())) for rule in rules}


def _follow(old: Mapping[str, _Place], new: Mapping[str, _Place]) -> dict[str, str]:
    """Id of an old rule -> id of the new one that is the same.

    They are matched by id, then by text with all headings, by text with the last heading and by
    text alone. A match counts only if no other rule has the same.
    """
    moved = {rule: rule for rule in old if rule in new}
    for headings in (slice(None), slice(-1, None), slice(0)):
        taken = set(moved.values())
        left = _alone({rule: place for rule, place in old.items() if rule not in moved}, headings)
        right = _alone({rule: place for rule, place in new.items() if rule not in taken}, headings)
        moved |= {left[place]: right[place] for place in left.keys() & right.keys()}
    return moved


def _alone(places: Mapping[str, _Place], headings: slice) -> dict[_Place, str]:
    """Text with a part of its headings -> the only rule that has both."""
    by_rule = {rule: (text, path[headings]) for rule, (text, path) in places.items()}
    counts = Counter(by_rule.values())
    return {place: rule for rule, place in by_rule.items() if counts[place] == 1}
