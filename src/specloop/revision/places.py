"""Where a rule stands in either version: its section's counterpart, and its neighbours'."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence

from specloop.records import Rule
from specloop.spec.edits import DocumentRules

NEAR = 10
"""Further from where its neighbours went, a rule's place says nothing."""


def counterparts(old: DocumentRules, new: DocumentRules, same: Mapping[int, int]) -> dict[str, str]:
    """Id of an old section -> id of the new one that it became: the same, or a new one to which
    most of its words went, if no other section came first."""
    found = {section.id: section.id for section in old.sections if section.id in new.by_section}
    votes = Counter(
        (old.rules[at].section, new.rules[to].section)
        for at, to in same.items()
        if old.rules[at].section not in found and new.rules[to].section not in old.by_section
    )
    taken: set[str] = set()
    for (left, right), _ in sorted(votes.items(), key=lambda entry: -entry[1]):
        if left not in found and right not in taken:
            found[left] = right
            taken.add(right)
    return found


class RulePlaces:
    """How well a pair's places agree."""

    def __init__(
        self, rules: tuple[Sequence[Rule], Sequence[Rule]], sections: Mapping[str, str],
        same: Mapping[int, int],
    ) -> None:  # fmt: skip
        self._old, self._new = rules
        self._sections = sections
        self._known = sorted(same)
        self._went = [same[at] for at in self._known]

    def together(self, at: int, to: int) -> bool:
        """Whether the new rule is in the old one's section, or in what that became."""
        return self._sections.get(self._old[at].section) == self._new[to].section

    def agreement(self, at: int, to: int) -> float:
        """From 0 to 1: half for the section, half for being where its neighbours are."""
        return self.together(at, to) / 2 + max(0.0, 1 - self._away(at, to) / NEAR) / 2

    def _away(self, at: int, to: int) -> float:
        """How many rules it is from where it would be between its neighbours, which are known."""
        after = bisect_left(self._known, at)
        away: list[float] = []
        if after:
            away.append(abs(to - (self._went[after - 1] + at - self._known[after - 1])))
        if after < len(self._known):
            away.append(abs(to - (self._went[after] - (self._known[after] - at))))
        return min(away, default=abs(at - to))
