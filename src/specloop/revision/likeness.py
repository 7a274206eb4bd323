"""How alike two wordings are, and how much of one stands in another: by words and their order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from math import log

from rapidfuzz.distance import Indel

from specloop.benchmaker.text import words
from specloop.linting.words import STOP, stem
from specloop.records import Rule
from specloop.spec.identity import folded

COMMON = 300
"""A stem that more wordings have makes no two of them candidates."""
LEAST = 0.15
"""Wordings that share less of their stems are not compared further."""
OWN = 0.75
"""What an entry of a list counts for beside its lead-in, where both wordings have one: entries
under one lead-in would all be alike."""
_FUNCTION = 0.2
"""What words such as 'the' and 'must' count for beside others that are as rare."""


class RuleWords:
    """A rule's words as they are compared."""

    def __init__(self, rule: Rule) -> None:
        self.folded = folded(rule.text)
        own = folded(rule.quote)
        self.holds_own = bool(own) and own in self.folded
        """Whether the text is the document's own words, perhaps with a context."""
        has_context = own != self.folded and self.folded.endswith(own)
        self.own = own if has_context else ""
        """The document's own words where the text begins with a lead-in or another context."""

    @cached_property
    def order(self) -> list[str]:
        """Its words."""
        return words(self.folded)

    @cached_property
    def own_order(self) -> list[str]:
        """The words of `own`."""
        return words(self.own)

    @cached_property
    def stems(self) -> frozenset[str]:
        """Its stems."""
        return stems_of(self.order)

    @cached_property
    def own_stems(self) -> frozenset[str]:
        """The stems of `own`, or else all."""
        return stems_of(self.own_order) or self.stems


def stems_of(words: Iterable[str]) -> frozenset[str]:
    """The stems of words; words such as 'the' stand for themselves."""
    return frozenset(word if word in STOP else stem(word) for word in words)


class Likeness:
    """Compares wordings; a stem counts the more the fewer wordings of both documents have it."""

    def __init__(self, wordings: Collection[RuleWords]) -> None:
        spread = Counter(one for wording in wordings for one in wording.stems)
        self._weights: Mapping[str, float] = {
            one: log(1 + len(wordings) / n) * (_FUNCTION if one in STOP else 1)
            for one, n in spread.items()
        }

    def weight(self, stems: Iterable[str]) -> float:
        """What stems count for together."""
        return sum(self._weights.get(one, 1.0) for one in stems)

    def of(self, one: RuleWords, other: RuleWords) -> float:
        """From 0 to 1: the share of words that both have, in the same order and in any."""
        whole = self._shared(one.order, other.order, one.stems, other.stems)
        if not one.own or not other.own:
            return whole
        own = self._shared(one.own_order, other.own_order, one.own_stems, other.own_stems)
        return OWN * own + (1 - OWN) * whole

    def _shared(
        self, one: list[str], other: list[str], stems: frozenset[str], others: frozenset[str]
    ) -> float:
        both = self.weight(stems) + self.weight(others)
        in_any_order = 2 * self.weight(stems & others) / both if both else 0.0
        return (Indel.normalized_similarity(one, other) + in_any_order) / 2

    def candidates(
        self, old: Mapping[int, RuleWords], new: Mapping[int, RuleWords], least: float
    ) -> Iterator[tuple[int, int, float]]:
        """The pairs of an old and a new wording that are at least so alike, with how much."""
        having: defaultdict[str, list[int]] = defaultdict(list)
        for at, wording in new.items():
            for one in wording.stems:
                having[one].append(at)
        weights = {to: self.weight(wording.stems) for to, wording in new.items()}
        for at, wording in old.items():
            own = self.weight(wording.stems)
            for to, shared in sorted(self._shared_with(wording, having).items()):
                if 2 * shared < LEAST * (own + weights[to]):
                    continue
                likeness = self.of(wording, new[to])
                if likeness >= least:
                    yield at, to, likeness

    def _shared_with(
        self, wording: RuleWords, having: Mapping[str, Sequence[int]]
    ) -> dict[int, float]:
        """The others -> what the stems count for that they share with a wording."""
        found: dict[int, float] = {}
        for one in wording.stems:
            others = having.get(one, ())
            for to in others if len(others) <= COMMON else ():
                found[to] = found.get(to, 0.0) + self._weights.get(one, 1.0)
        return found

    def covered(self, stems: frozenset[str], by: frozenset[str]) -> float:
        """The share of some stems that others have too."""
        whole = self.weight(stems)
        return self.weight(stems & by) / whole if whole else 0.0
