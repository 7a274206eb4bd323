"""Which rules of two versions belong together: by id, words, likeness of words, and of meaning.

First come the rules with the same id. Of the others each gets at most one partner, so that the sum
of likeness over all pairs is the greatest: a sentence takes no near-duplicate's place. What is then
left over joins a pair where it holds a good part of what that pair's longer side says: a sentence
that was split, or sentences that were merged.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from specloop.benchmaker.embedding import Embedding
from specloop.records.revision import FoundBy
from specloop.revision.assignment import assigned
from specloop.revision.likeness import Likeness, RuleWords
from specloop.revision.places import RulePlaces, counterparts
from specloop.spec.edits import DocumentRules

ALIKE = 0.6
"""So alike, two wordings are versions of one another wherever they stand."""
ALIKE_HERE = 0.35
"""The same for wordings in one section."""
BY_PLACE = 0.2
"""What a place that agrees counts for, beside a likeness of 1."""
SAME_MEANING = 0.8
"""Least cosine of two embeddings."""
PART = 0.35
"""How much of a part's words must be in the whole that it was split from or merged into."""
GAIN = 0.1
"""How much of the whole the part must add to what its partner has of it."""
AROUND = 4
"""How many rules from the partner a part of a split or a merge may stand."""


class Link(NamedTuple):
    """An old rule and what it became, by their numbers in their documents."""

    old: int
    new: int
    found_by: FoundBy
    likeness: float = 1.0


class Linking:
    """Links the rules of two versions."""

    def __init__(self, old: DocumentRules, new: DocumentRules) -> None:
        self.old, self.new = (
            [RuleWords(rule) for rule in old.rules],
            [RuleWords(rule) for rule in new.rules],
        )
        self._rules = (old.rules, new.rules)
        self._likeness = Likeness([*self.old, *self.new])
        number = {rule.id: at for at, rule in enumerate(new.rules)}
        same = {at: number[r.id] for at, r in enumerate(old.rules) if r.id in number}
        self.found = [Link(at, to, "id", self._known(at, to)) for at, to in same.items()]
        self.sections = counterparts(old, new, self._same_words(same))
        self.places = RulePlaces(self._rules, self.sections, same)

    def _known(self, at: int, to: int) -> float:
        """The likeness of two rules with one id: a person may have reworded either."""
        same = self.old[at].folded == self.new[to].folded
        return 1.0 if same else self._likeness.of(self.old[at], self.new[to])

    def _same_words(self, same: Mapping[int, int]) -> dict[int, int]:
        """Old rules without an id in the new version, with the first new one in their words."""
        first: dict[str, int] = {}
        for to in _left(self.new, set(same.values())):
            first.setdefault(self.new[to].folded, to)
        left = _left(self.old, same).items()
        return {at: first[wording.folded] for at, wording in left if wording.folded in first}

    def links(self, meaning: Embedding | None = None) -> list[Link]:
        """All links. `meaning` is asked about rules that no words have linked."""
        self._pair(self._by_words())
        if meaning is not None:
            self._pair(self._by_meaning(meaning))
        return sorted([*self.found, *self._parts()])

    def _unlinked(self) -> tuple[dict[int, RuleWords], dict[int, RuleWords]]:
        old, new = {link.old for link in self.found}, {link.new for link in self.found}
        return _left(self.old, old), _left(self.new, new)

    def _pair(self, candidates: Mapping[tuple[int, int], Link]) -> None:
        """Take the best of the candidates, each rule once."""
        place = self.places.agreement
        scores = {
            pair: link.likeness + (link.found_by == "quote") + BY_PLACE * place(*pair)
            for pair, link in candidates.items()
        }
        self.found += [candidates[pair] for pair in assigned(scores).items()]

    def _by_words(self) -> dict[tuple[int, int], Link]:
        found: dict[tuple[int, int], Link] = {}
        for at, to, likeness in self._likeness.candidates(*self._unlinked(), ALIKE_HERE):
            here = self.places.together(at, to)
            if self.old[at].folded == self.new[to].folded:
                found[at, to] = Link(at, to, "quote")
            elif likeness >= ALIKE:
                found[at, to] = Link(at, to, "words", likeness)
            elif here:
                found[at, to] = Link(at, to, "anchor", likeness)
        return found

    def _by_meaning(self, meaning: Embedding) -> dict[tuple[int, int], Link]:
        old, new = self._unlinked()
        if not old or not new:
            return {}
        texts = [self._rules[0][at].text for at in old] + [self._rules[1][at].text for at in new]
        vectors = meaning(texts)
        vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        cosines = vectors[: len(old)] @ vectors[len(old) :].T
        return {
            (at, to): Link(at, to, "meaning", min(1.0, float(cosines[row, column])))
            for row, at in enumerate(old)
            for column, to in enumerate(new)
            if cosines[row, column] >= SAME_MEANING
        }

    def _parts(self) -> Iterator[Link]:
        """Links of left-over rules to the pairs that they are a part of."""
        merged: set[int] = set()
        for side, left in enumerate(self._unlinked()):
            pairs = [one for one in self.found if one.likeness < 1 and one.new not in merged]
            links = [link for at in left if (link := self._whole(side, at, pairs))]
            merged |= {link.new for link in links}
            yield from links

    def _whole(self, side: int, at: int, pairs: Sequence[Link]) -> Link | None:
        """The link of a left-over rule of a side with the other side's rule that it is part of."""
        sides = (self.old, self.new)
        part, weight = sides[side][at], self._likeness.weight
        best, most = None, GAIN
        for pair in pairs:
            ends = (pair.old, pair.new)
            partner, whole = sides[side][ends[side]], sides[1 - side][ends[1 - side]]
            if abs(ends[side] - at) > AROUND:
                continue
            covered = self._likeness.covered(part.own_stems, whole.stems)
            adds = weight((part.stems & whole.stems) - partner.stems) / weight(whole.stems)
            if covered >= PART and adds >= most:
                ends = (at, pair.new) if side == 0 else (pair.old, at)
                best, most = Link(*ends, "words", covered), adds
        return best


def _left(wordings: Sequence[RuleWords], taken: Container[int]) -> dict[int, RuleWords]:
    return {at: wording for at, wording in enumerate(wordings) if at not in taken}
