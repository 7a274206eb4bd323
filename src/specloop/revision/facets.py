"""What differs between two versions of a rule besides its words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from specloop.linting.document import narrows
from specloop.records import Rule
from specloop.records.revision import Differing
from specloop.spec.edits import DocumentRules
from specloop.spec.identity import folded
from specloop.spec.outside import FOOTNOTE


class Surroundings:
    """What stands around the rules of a version and says where they hold."""

    def __init__(self, given: DocumentRules) -> None:
        self._given = given

    @cached_property
    def _exceptions(self) -> Mapping[str, frozenset[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for rule in self._given.rules:
            if rule.exception_to is not None:
                found[rule.exception_to].add(folded(rule.text))
        return {base: frozenset(texts) for base, texts in found.items()}

    def exceptions(self, rule: Rule) -> frozenset[str]:
        """The wordings of the exceptions to a rule."""
        return self._exceptions.get(rule.id, frozenset())

    def conditions(self, rule: Rule) -> frozenset[str]:
        """The lead-ins, labels and headings over a rule that may narrow where it holds; not the
        remarks further off, which the reading notes with every rule on the same matter."""
        section = self._given.by_section.get(rule.section)
        path = section.path if section else ()
        below = _flat(section.text[max(0, rule.start - section.start) :]) if section else ""
        over = {folded(text) for text in rule.scope if text not in path and _is_over(text, below)}
        return frozenset(over | {folded(title) for title in path if narrows(title)})


def _is_over(text: str, below: str) -> bool:
    """Whether a text of a rule's scope is a lead-in or a label, and not one further down."""
    return text != FOOTNOTE and not text.endswith((".", "!", "?")) and _flat(text) not in below


def _flat(text: str) -> str:
    return " ".join(text.split())


def differing(
    old: Rule,
    new: Rule,
    around: tuple[Surroundings, Surroundings],
    became: Mapping[str, Sequence[str]],
) -> Iterator[Differing]:
    """What differs; `became`: id of an old rule -> ids of what it became."""
    if old.section != new.section:
        yield "section"
    if old.authority != new.authority:
        yield "authority"
    if around[0].conditions(old) != around[1].conditions(new):
        yield "condition"
    base = became.get(old.exception_to or "", ())
    moved_base = (new.exception_to or "") not in (base or ("",))
    if moved_base or around[0].exceptions(old) != around[1].exceptions(new):
        yield "exception"
    if old.type != new.type:
        yield "type"
