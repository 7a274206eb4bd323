"""Guides: what judges are shown with a rule besides its text.

A guide is the rule's rubric, if it has one, and the rules that it depends on: those that it is an
exception to, and its own exceptions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Self

from specloop.records import Rubric, Rule, Section, Spec, content_id

_LINES = {
    "keeps": "Kept",
    "breaks": "Broken",
    "does_not_apply": "Does not apply",
    "keeps_example": "Kept, for example",
    "breaks_example": "Broken, for example",
    "does_not_apply_example": "Does not apply, for example",
}


_MOST_SECTION = 3000
"""Characters of a section that are shown: those around the rule."""


class Guides(NamedTuple):
    """The guides of a run by the text of their rules."""

    by_text: Mapping[str, str] = MappingProxyType({})
    digest: str = ""
    """Digest of all of them; empty if there is none."""

    @classmethod
    def of(cls, by_text: Mapping[str, str]) -> Self:
        """The guides with their digest."""
        return cls(by_text, content_id(dict(by_text)) if by_text else "")

    def of_rules(self, rules: Iterable[Rule]) -> Guides:
        """Those of some rules."""
        texts = {rule.text for rule in rules}
        return Guides.of({text: guide for text, guide in self.by_text.items() if text in texts})

    def shown(self, specs: Iterable[Spec]) -> tuple[Spec, ...]:
        """The specs with their guides, or else with those that they have."""
        return tuple(spec._replace(guide=self.by_text.get(spec.text, spec.guide)) for spec in specs)


NO_GUIDES = Guides()


def guides_of(rubrics: Iterable[Rubric], rules: Sequence[Rule]) -> Guides:
    """A guide for each rule that has a rubric."""
    by_text = {rubric.rule_text: rubric for rubric in rubrics if not rubric.drop}
    having = [rule for rule in rules if rule.text in by_text]
    return Guides.of({r.text: "\n".join(_lines(by_text[r.text], r, rules)) for r in having})


def _lines(rubric: Rubric, rule: Rule, rules: Sequence[Rule]) -> Iterator[str]:
    for name, words in _LINES.items():
        if text := " ".join(getattr(rubric.text, name).split()):
            yield f"{words}: {text}"
    yield from depends_on(rule, rules)


def depends_on(rule: Rule, rules: Sequence[Rule]) -> Iterator[str]:
    """The rules that a rule depends on, a line each: those that it is an exception to, the nearest
    first, and its exceptions with theirs."""
    by_id = {other.id: other for other in rules}
    seen, base = {rule.id}, rule
    while base.exception_to in by_id and base.exception_to not in seen:
        base = by_id[base.exception_to]
        seen.add(base.id)
        yield f"It is an exception to: {base.text}"
    yield from _exceptions(rule, rules, seen, "it")


def _exceptions(rule: Rule, rules: Sequence[Rule], seen: set[str], what: str) -> Iterator[str]:
    for other in rules:
        if other.exception_to == rule.id and other.id not in seen:
            seen.add(other.id)
            yield f"Exception to {what}: {other.text}"
            yield from _exceptions(other, rules, seen, "that exception")


def near(rule: Rule, section: Section) -> str:
    """The text of a rule's section, of a long one the part around the rule."""
    start = max(0, min(rule.start - section.start, len(section.text)) - _MOST_SECTION // 2)
    start = 0 if len(section.text) <= _MOST_SECTION else start
    return section.text[start : start + _MOST_SECTION]
