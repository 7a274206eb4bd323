"""Places in a document, in an order in which those at a place are found without looking at all."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate


class Spans:
    """Spans of offsets, the end behind the last one; they may overlap."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        given = list(spans)
        self._order = sorted(range(len(given)), key=given.__getitem__)
        self._spans = [given[at] for at in self._order]
        self._starts = [start for start, _ in self._spans]
        self._reached = list(accumulate((end for _, end in self._spans), max))
        """How far this span and those before it reach: it never falls."""

    def touching(self, start: int, end: int) -> list[int]:
        """The numbers of the spans that share an offset with another one, as they were given."""
        first = bisect_right(self._reached, start)
        last = bisect_left(self._starts, end)
        return sorted(self._order[at] for at in range(first, last) if self._spans[at][1] > start)

    def cover(self, offset: int) -> bool:
        """Whether an offset lies in one of them."""
        before = bisect_right(self._starts, offset)
        return before > 0 and self._reached[before - 1] > offset
