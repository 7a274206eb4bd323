"""What has become of each rule of an older version of a document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from specloop.records import Rule, RuleChange, content_id

_MEANING = ("text", "category", "type", "direction", "party", "authority", "check", "part")
"""The fields of a rule that say what it demands, apart from what it is an exception to."""


@dataclass(frozen=True)
class RuleMap:
    """The rules of both versions, and how they stand to each other."""

    changes: tuple[RuleChange, ...]
    old: Mapping[str, Rule]
    new: Mapping[str, Rule]
    """The rules in force by their ids."""
    was: Mapping[str, Rule]
    """Rules of earlier versions that are set aside, by their ids."""

    @cached_property
    def same(self) -> Mapping[str, str]:
        """Old id -> new id of the rules of which everything still holds."""
        kept = (change for change in self.changes if change.is_same)
        return {old: new for one in kept for old, new in zip(one.old, one.new, strict=True)}

    @cached_property
    def changed(self) -> frozenset[str]:
        """Old ids of the rules that are others now, or gone."""
        return frozenset(self.old.keys() - self.same.keys())

    @cached_property
    def fresh(self) -> tuple[str, ...]:
        """New ids of the rules that are others than before, or new, in the document's order."""
        same = set(self.same.values())
        return tuple(rule for rule in self.new if rule not in same)

    @cached_property
    def back(self) -> Mapping[str, str]:
        """Id of a rule that is set aside -> the fresh rule that says the same: it is back."""
        known = {meaning(self.new[rule], self.new): rule for rule in self.fresh}
        every = {id_: meaning(rule, self.was) for id_, rule in self.was.items()}
        return {id_: known[what] for id_, what in every.items() if what in known}

    @cached_property
    def successors(self) -> Mapping[str, str]:
        """Old id of a changed rule -> the fresh rule that takes its place in instances. One that
        is back goes to the places that it had."""
        returned = set(self.back.values())
        return {old: new for old, new in self.came_of.items() if new not in returned}

    @cached_property
    def came_of(self) -> Mapping[str, str]:
        """Old id of a changed rule -> the fresh rule that has come of it."""
        changed = (one for one in self.changes if not one.is_same and one.old and one.new)
        return {old: one.new[0] for one in changed for old in one.old}

    def reason(self, rules: Iterable[str], against: Iterable[str]) -> str:
        """Why a record falls out that rests on some changed rules, or does not go with some fresh
        ones, in words."""
        kinds = {old: one.kind for one in self.changes for old in one.old}
        told = [f"rule {rule} {_WORDS[kinds[rule]]}" for rule in rules if rule in self.changed]
        return "; ".join(told or [f"rule {rule} is new" for rule in against])


_WORDS = {
    "kept": "has another authority, condition, exception or check",
    "moved": "has moved, and differs",
    "reworded": "was reworded",
    "split": "was split",
    "merged": "was merged",
    "new": "is new",
    "gone": "is gone",
}


def version_of(rules: Mapping[str, Rule]) -> str:
    """Digest of what all rules demand, by whatever ids."""
    return content_id(sorted(meaning(rule, rules) for rule in rules.values()))


def meaning(rule: Rule, among: Mapping[str, Rule]) -> str:
    """All that decides whether an answer keeps a rule, to compare rules by."""
    base = among.get(rule.exception_to or "")
    content = rule.model_dump_json(include=set(_MEANING))
    return f"{content} {base.text if base else ''}"
