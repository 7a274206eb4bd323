"""Patterns with gaps, found in linear time.

In a regular expression such as `judge.{0,60}must.{0,60}yes` each gap multiplies the cost of a
search: a text that repeats the words would take minutes. Here each part is searched by itself.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

_GAP = re.compile(r"\.\{0,(\d+)\}")


class Chain(NamedTuple):
    """Parts of a pattern, and the most characters between one and the next."""

    parts: tuple[re.Pattern[str], ...]
    gaps: tuple[int, ...]

    def found(self, text: str) -> bool:
        """Whether the parts follow one another in a text."""
        ends = sorted({match.end() for match in self.parts[0].finditer(text)})
        for part, gap in zip(self.parts[1:], self.gaps, strict=True):
            if not ends:
                return False
            places = (match.span() for match in part.finditer(text))
            ends = sorted({end for start, end in places if _reaches(ends, start, gap)})
        return bool(ends)


def chains(*patterns: str) -> tuple[Chain, ...]:
    """The alternatives of some patterns, split at their gaps; letter case does not count."""
    return tuple(
        _chain(alternative) for pattern in patterns for alternative in _alternatives(pattern)
    )


def _reaches(ends: list[int], start: int, gap: int) -> bool:
    at = bisect_left(ends, start - gap)
    return at < len(ends) and ends[at] <= start


def _chain(pattern: str) -> Chain:
    first, *others = _GAP.split(pattern)
    parts = [first, *others[1::2]]
    return Chain(tuple(re.compile(part, re.I) for part in parts), tuple(map(int, others[::2])))


def _alternatives(pattern: str) -> Iterator[str]:
    """The alternatives of a pattern outside of all groups."""
    depth = begin = 0
    marks = re.finditer(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()|]", pattern)
    for mark in marks:
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if mark[0] == "|" and not depth:
            yield pattern[begin : mark.start()]
            begin = mark.end()
    yield pattern[begin:]
