"""Guides: what judges are shown with a rule besides its text.

A guide is the rule's rubric, if it has one, and its context, if it depends on others (`context`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Self

from specloop.judging.context import contexts_of, cut
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
    """Digest of all of them, and of the contexts; empty if there is none."""
    contexts: Mapping[str, str] = MappingProxyType({})
    """What rules depend on, for judges that show it."""

    @classmethod
    def of(
        cls, by_text: Mapping[str, str], contexts: Mapping[str, str] = MappingProxyType({})
    ) -> Self:
        """The guides with their digest."""
        both = [dict(by_text), dict(contexts)] if contexts else dict(by_text)
        return cls(by_text, content_id(both) if both else "", contexts)

    def of_rules(self, rules: Iterable[Rule]) -> Guides:
        """Those of some rules."""
        texts = {rule.text for rule in rules}
        own, contexts = (
            {text: guide for text, guide in guides.items() if text in texts}
            for guides in (self.by_text, self.contexts)
        )
        return Guides.of(own, contexts)

    def within(self, most: int) -> Guides:
        """With the contexts as parts of the guides, each in at most so many characters; 0: none."""
        if not self.contexts:
            return self
        texts = dict.fromkeys([*self.by_text, *self.contexts])
        parts = {
            text: [self.by_text.get(text, ""), cut(self.contexts.get(text, ""), most)]
            for text in texts
        }
        joined = {text: "\n".join(filter(None, each)) for text, each in parts.items()}
        return Guides.of({text: guide for text, guide in joined.items() if guide})

    def shown(self, specs: Iterable[Spec]) -> tuple[Spec, ...]:
        """The specs with their guides, or else with those that they have."""
        return tuple(spec._replace(guide=self.by_text.get(spec.text, spec.guide)) for spec in specs)


NO_GUIDES = Guides()


def guides_of(
    rubrics: Iterable[Rubric], rules: Sequence[Rule], sections: Sequence[Section] = ()
) -> Guides:
    """The rubric of each rule that has one, and the context of each that depends on others."""
    texts = {rule.text for rule in rules}
    own = rubric_guides(rubric for rubric in rubrics if rubric.rule_text in texts)
    return Guides.of(own.by_text, contexts_of(rules, sections))


def rubric_guides(rubrics: Iterable[Rubric]) -> Guides:
    """The rubrics alone, except those that a person has left out."""
    used = [rubric for rubric in rubrics if not rubric.drop]
    return Guides.of({rubric.rule_text: "\n".join(_lines(rubric)) for rubric in used})


def _lines(rubric: Rubric) -> Iterator[str]:
    for name, words in _LINES.items():
        if text := " ".join(getattr(rubric.text, name).split()):
            yield f"{words}: {text}"


def near(rule: Rule, section: Section) -> str:
    """The text of a rule's section, of a long one the part around the rule."""
    start = max(0, min(rule.start - section.start, len(section.text)) - _MOST_SECTION // 2)
    start = 0 if len(section.text) <= _MOST_SECTION else start
    return section.text[start : start + _MOST_SECTION]
