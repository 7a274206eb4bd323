"""Amounts of calls and tokens, estimated before anything is asked."""

from __future__ import annotations

import math
from typing import NamedTuple


class Range(NamedTuple):
    """The least and the most."""

    low: float
    high: float

    def plus(self, other: Range) -> Range:
        """Least and least, most and most."""
        return Range(self.low + other.low, self.high + other.high)


NONE = Range(0, 0)


def least_drawn(n: float, share: float) -> float:
    """The least number of `n` independent draws that succeed: fewer occur once in some
    30,000 times."""
    return max(0.0, n * share - _width(n, share))


def most_drawn(n: float, share: float) -> float:
    """The most that succeed; more occur as rarely."""
    return min(n, n * share + _width(n, share))


def _width(n: float, share: float) -> float:
    return 4 * math.sqrt(n * share * (1 - share))


class Likely(NamedTuple):
    """What will be used if all goes as before, or as usual."""

    calls: float
    prompt: float
    completion: float
    basis: tuple[str, ...] = ()
    """What it is based on, in words."""


class Estimate(NamedTuple):
    """What one role's model is asked in one stage; tokens are those of all calls together."""

    stage: str
    role: str
    model: str
    calls: Range
    prompt: Range
    completion: Range
    likely: Likely | None = None
    """The likely amount, if known; the ranges of tokens are then around it."""
