"""Patterns with gaps, found in linear time.

Of a regular expression such as `judge.{0,60}must.{0,60}yes` each gap multiplies what a search may
cost: a text that repeats the words would take minutes. Here each part is looked for by itself.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

_GAP = re.compile(r"\.\{0,(\d+)\}")


class Chain(NamedTuple):
    """Parts of a pattern, and the most characters between each and the next."""

    parts: tuple[re.Pattern[str], ...]
    gaps: tuple[int, ...]

    def found(self, text: str) -> bool:
        """Whether the parts follow on one another in a text."""
        ends = sorted({found.end() for found in self.parts[0].finditer(text)})
        for part, gap in zip(self.parts[1:], self.gaps, strict=True):
            if not ends:
                return False
            places = (found.span() for found in part.finditer(text))
            ends = sorted({end for start, end in places if _reaches(ends, start, gap)})
        return bool(ends)


def chains(*patterns: str) -> tuple[Chain, ...]:
    """Each alternative of some patterns, split where it has a gap; letter case does not count."""
    return tuple(_chain(one) for pattern in patterns for one in _alternatives(pattern))


def _reaches(ends: list[int], start: int, gap: int) -> bool:
    at = bisect_left(ends, start - gap)
    return at < len(ends) and ends[at] <= start


def _chain(pattern: str) -> Chain:
    first, *others = _GAP.split(pattern)
    parts = [first, *others[1::2]]
    return Chain(tuple(re.compile(part, re.I) for part in parts), tuple(map(int, others[::2])))


def _alternatives(pattern: str) -> Iterator[str]:
    """A pattern's alternatives outside of all groups."""
    depth = begin = 0
    marks = re.finditer(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()|]", pattern)
    for mark in marks:
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if mark[0] == "|" and not depth:
            yield pattern[begin : mark.start()]
            begin = mark.end()
    yield pattern[begin:]
