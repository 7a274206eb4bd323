"""Guides: what judges are shown with a rule besides its text.

A guide is the rule's rubric, if it has one, and its context, if it depends on others (`context`).
Judges that ask for them are shown a few worked examples as well (`worked`); which of them depends
on the request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple, Self

from specloop.judging.base import JudgeCase
from specloop.judging.context import conditions_of, contexts_of, cut, precedence
from specloop.judging.worked import Shots, chosen, known_by, lines_of, shots_of
from specloop.records import Authority, Example, Rubric, Rule, Section, Spec, content_id
from specloop.records.conversation import turns_of

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


_LEFT_OUT = "\n(an example is left out here)\n"


class Guides(NamedTuple):
    """The guides of a run by the text of their rules."""

    by_text: Mapping[str, str] = MappingProxyType({})
    digest: str = ""
    """Digest of all of them, and of the contexts; empty if there is none."""
    contexts: Mapping[str, str] = MappingProxyType({})
    """What rules depend on, for judges that show it."""
    examples: Shots = MappingProxyType({})
    """Worked examples, for judges that show some."""
    n_examples: int = 0
    """How many of them are shown with a rule, at most. The digest holds them if there are any."""

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
        examples = {text: shots for text, shots in self.examples.items() if text in texts}
        return Guides.of(own, contexts)._replace(examples=examples, n_examples=self.n_examples)

    def within(self, most: int, n_examples: int = 0) -> Guides:
        """As a judge shows them: with the contexts as parts of the guides, each in at most so many
        characters, and with at most so many worked examples; 0: none."""
        if self.n_examples:
            return self
        return self._with_contexts(most).with_examples(self.examples, n_examples)

    def with_examples(self, examples: Shots, n: int) -> Guides:
        """With these worked examples besides, of which so many are shown with a rule. The digest
        then depends on them, unless they are just those that are there already."""
        if not n:
            return self
        given, known = (set(chain.from_iterable(e.values())) for e in (examples, self.examples))
        is_new = bool(given) and given != known
        digest = content_id([self.digest, dict(examples)]) if is_new else self.digest
        every = {
            text: tuple(dict.fromkeys([*self.examples.get(text, ()), *examples.get(text, ())]))
            for text in dict.fromkeys([*self.examples, *examples])
        }
        return self._replace(digest=digest, examples=every, n_examples=n)

    def _with_contexts(self, most: int) -> Guides:
        if not self.contexts:
            return Guides(self.by_text, self.digest)
        texts = dict.fromkeys([*self.by_text, *self.contexts])
        parts = {
            text: [self.by_text.get(text, ""), cut(self.contexts.get(text, ""), most)]
            for text in texts
        }
        joined = {text: "\n".join(filter(None, each)) for text, each in parts.items()}
        return Guides.of({text: guide for text, guide in joined.items() if guide})

    def shown(self, case: JudgeCase, *, alone: bool = False) -> JudgeCase:
        """The case with the guides of its specs, or else with those that they have, and with worked
        examples of other requests. Unless each is asked about `alone`, with which of them come
        first: a judge that sees one rule was measured on one."""
        asked = asked_in(case)
        authorities = set[Authority | None]()
        if not alone:
            authorities |= {spec.authority for spec in case.specs}

        def guided(spec: Spec) -> Spec:
            guide = self.by_text.get(spec.text, spec.guide)
            shots = chosen(self.examples.get(spec.text, ()), asked, self.n_examples)
            lines = filter(None, [guide, precedence(spec.authority, authorities)])
            return spec._replace(guide="\n".join([*lines, *lines_of(shots)]))

        return case._replace(specs=tuple(map(guided, case.specs)))


NO_GUIDES = Guides()


def guides_of(
    rubrics: Iterable[Rubric],
    rules: Sequence[Rule],
    sections: Sequence[Section] = (),
    examples: Iterable[Example] = (),
) -> Guides:
    """The rubric of each rule that has one, the context of each that depends on others, and the
    worked examples of each that has any."""
    texts = {rule.text for rule in rules}
    own = rubric_guides(
        rubric for rubric in holding(rubrics, rules, sections) if rubric.rule_text in texts
    )
    guides = Guides.of(own.by_text, contexts_of(rules, sections))
    return guides._replace(examples=shots_of(examples, rules))


def holding(
    rubrics: Iterable[Rubric], rules: Sequence[Rule], sections: Sequence[Section] = ()
) -> list[Rubric]:
    """The rubrics without those of rules that depend on something else now."""
    each = list(rubrics)
    noted = any(rubric.chain is not None for rubric in each)
    chains = conditions_of(rules, sections) if noted else {}
    return [rubric for rubric in each if rubric.holds(chains.get(rubric.rule_text, ""))]


def rubric_guides(rubrics: Iterable[Rubric]) -> Guides:
    """The rubrics alone, except those that a person has left out."""
    used = [rubric for rubric in rubrics if not rubric.drop]
    return Guides.of({rubric.rule_text: "\n".join(_lines(rubric)) for rubric in used})


def _lines(rubric: Rubric) -> Iterator[str]:
    for name, words in _LINES.items():
        if text := " ".join(getattr(rubric.text, name).split()):
            yield f"{words}: {text}"


def near(rule: Rule, section: Section, left_out: Iterable[Example] = ()) -> str:
    """The text of a rule's section, of a long one the part around the rule, without some of its
    examples."""
    start = max(0, min(rule.start - section.start, len(section.text)) - _MOST_SECTION // 2)
    start = 0 if len(section.text) <= _MOST_SECTION else start
    end = min(start + _MOST_SECTION, len(section.text))
    parts, at = list[str](), start
    for example in sorted(left_out, key=lambda example: example.start):
        first, last = (place - section.start for place in (example.start, example.end))
        if first < end and last > at:
            parts += [section.text[at : max(at, first)], _LEFT_OUT]
            at = min(end, last)
    return "".join([*parts, section.text[at:end]])


def asked_in(case: JudgeCase) -> str:
    """What the judged request is known by among worked examples."""
    return known_by(turns_of(case.query, case.conversation))
