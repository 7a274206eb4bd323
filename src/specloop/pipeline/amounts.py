"""Amounts of calls and tokens that are told before anything is asked."""

from __future__ import annotations

import math
from typing import NamedTuple


class Range(NamedTuple):
    """Least and most."""

    low: float
    high: float

    def plus(self, other: Range) -> Range:
        """Least and least, most and most."""
        return Range(self.low + other.low, self.high + other.high)


NONE = Range(0, 0)


def least_drawn(n: float, share: float) -> float:
    """How many of `n` are drawn at least, where each is drawn for itself: fewer come once in some
    30,000 times."""
    return max(0.0, n * share - _width(n, share))


def most_drawn(n: float, share: float) -> float:
    """How many are drawn at most; more come as seldom."""
    return min(n, n * share + _width(n, share))


def _width(n: float, share: float) -> float:
    return 4 * math.sqrt(n * share * (1 - share))


class Likely(NamedTuple):
    """What will be used if all goes as it did, or as it usually does."""

    calls: float
    prompt: float
    completion: float
    basis: tuple[str, ...] = ()
    """What it rests on, in words."""


class Estimate(NamedTuple):
    """What one role's model is asked in one stage; tokens are those of all calls together."""

    stage: str
    role: str
    model: str
    calls: Range
    prompt: Range
    completion: Range
    likely: Likely | None = None
    """Where that can be told; the ranges of tokens are then around it."""
