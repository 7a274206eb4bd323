"""Choose which rules of a document become the specs of a scenario.

An exception is part of the rule that it restricts. Left out, each with its reason, are definitions,
exceptions without their rule, rules that the linter finds untestable, and rules that say the same.
If there are still too many, those of the highest authority stay, and of equal authority the most
varied.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from specloop.benchmaker.embedding import hashed
from specloop.benchmaker.select import most_varied
from specloop.benchmaker.steps import left_out
from specloop.benchmaker.text import jaccard, words
from specloop.errors import InputError
from specloop.records import Category, CheckCall, Failure, Rule, Section, Specs

if TYPE_CHECKING:
    from specloop.benchmaker.kept import Earlier

SAME = 0.85
"""Rules of one direction that share this much of their words say the same."""
_AUTHORITIES = ("root", "system", "developer", "user", None, "guideline")
_CATEGORIES: tuple[Category, ...] = ("safety", "behavioral")


class BenchMaterial(NamedTuple):
    """What a benchmark is built from."""

    document: str
    """The document's name."""
    sections: Sequence[Section]
    rules: Sequence[Rule]
    untestable: frozenset[str] = frozenset()
    """Ids of rules by which nobody could judge an answer, as found by the linter."""
    earlier: Earlier | None = None
    """The benchmark that was built from an earlier version of the document."""


class RuleSpec(NamedTuple):
    """One spec of the scenario and the rules it was made from."""

    category: Category
    number: int
    text: str
    rules: tuple[str, ...]
    check: CheckCall | None = None
    """The check of the rule, if code can decide it."""

    @property
    def label(self) -> str:
        """Its name in rows and tables."""
        return f"{self.category} {self.number}"


class ChosenSpecs(NamedTuple):
    """The specs, safety specs first, and the rules that are not specs."""

    specs: tuple[RuleSpec, ...]
    left_out: tuple[Failure, ...]

    def texts(self) -> Specs:
        """The specification as it is in the scenario."""
        safety, behavioral = (
            tuple(spec.text for spec in self.specs if spec.category == category)
            for category in _CATEGORIES
        )
        return Specs(safety=safety, behavioral=behavioral)


class _Joined(NamedTuple):
    """A rule with its exceptions."""

    rule: Rule
    text: str
    rules: tuple[str, ...]


def choose_specs(material: BenchMaterial, limit: int) -> ChosenSpecs:
    """At most `limit` specs of each category in the document's order; InputError if there are
    none."""
    joined, untestable = _testable(_join(material.rules), material.untestable)
    distinct, repeated = _distinct(joined)
    specs: list[RuleSpec] = []
    spare: list[Failure] = []
    for category in _CATEGORIES:
        of_kind = [candidate for candidate in distinct if candidate.rule.category == category]
        kept = _within(of_kind, limit)
        specs += [
            RuleSpec(category, n, candidate.text, candidate.rules, candidate.rule.check)
            for n, candidate in enumerate(kept, 1)
        ]
        reason = f"more than {limit} {category} specs: raise max_specs to have it too"
        spare += [
            left_out(candidate.rule.text, reason) for candidate in of_kind if candidate not in kept
        ]
    if not specs:
        raise InputError(
            f"{material.document}: no rule to make a spec of; see what was read in rules.yaml"
        )
    return ChosenSpecs(tuple(specs), (*untestable, *repeated, *spare))


def _join(rules: Sequence[Rule]) -> list[_Joined]:
    by_id = {rule.id: rule for rule in rules}

    def base(rule: Rule) -> Rule:
        seen = {rule.id}
        while rule.exception_to in by_id and rule.exception_to not in seen:
            rule = by_id[rule.exception_to]
            seen.add(rule.id)
        return rule

    members: dict[str, list[Rule]] = {}
    for rule in rules:
        members.setdefault(base(rule).id, []).append(rule)
    joined: list[_Joined] = []
    for rule in rules:
        if rule.id in members:
            others = [member for member in members[rule.id] if member.id != rule.id]
            joined.append(_Joined(rule, _text(rule, others), (rule.id, *(o.id for o in others))))
    return joined


def _text(rule: Rule, exceptions: Sequence[Rule]) -> str:
    """The rule's text, followed by its exceptions."""
    text = rule.text
    for exception in exceptions:
        added = exception.text.removeprefix(rule.text).strip()
        text = f"{text} {added}" if added not in text else text
    return text


def _testable(
    joined: Sequence[_Joined], untestable: frozenset[str]
) -> tuple[list[_Joined], list[Failure]]:
    kept: list[_Joined] = []
    out: list[Failure] = []
    for candidate in joined:
        reason = _why_not(candidate.rule, untestable)
        if reason:
            out.append(left_out(candidate.rule.text, reason))
        else:
            kept.append(candidate)
    return kept, out


def _why_not(rule: Rule, untestable: frozenset[str]) -> str:
    if rule.id in untestable:
        return "an answer cannot be judged by it as it is worded"
    if rule.type == "definition":
        return "a definition: no answer breaks it"
    return "an exception to a rule that is not there" if rule.exception_to else ""


def _distinct(joined: Sequence[_Joined]) -> tuple[list[_Joined], list[Failure]]:
    """The first of each group of rules that say the same."""
    kept: list[tuple[_Joined, frozenset[object]]] = []
    out: list[Failure] = []
    for candidate in joined:
        own = frozenset[object](words(candidate.text))
        twin = next(
            (
                other
                for other, known in kept
                if other.rule.direction == candidate.rule.direction and jaccard(own, known) >= SAME
            ),
            None,
        )
        if twin is None:
            kept.append((candidate, own))
        else:
            out.append(left_out(candidate.rule.text, f"says the same as {twin.rule.text!r}"))
    return [candidate for candidate, _ in kept], out


def _within(joined: Sequence[_Joined], limit: int) -> list[_Joined]:
    """At most `limit` rules, chosen by authority and then by variety, in the document's order."""
    kept: set[str] = set()
    for authority in _AUTHORITIES:
        group = [candidate for candidate in joined if candidate.rule.authority == authority]
        room = limit - len(kept)
        if len(group) > room:
            group = [
                group[i] for i in most_varied(hashed([candidate.text for candidate in group]), room)
            ]
        kept.update(candidate.rule.id for candidate in group)
    return [candidate for candidate in joined if candidate.rule.id in kept]
