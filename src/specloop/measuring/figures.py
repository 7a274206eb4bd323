"""From a figure's cases to the figure: rate, interval, bounds, paired differences. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from specloop.measuring.base import Cases
from specloop.records import Figure
from specloop.stats import Bounds, Resampling, bounds, paired_difference, rate


def figure_from(cases: Cases, how: Resampling) -> Figure:
    """A figure with its interval and, for a share, the bounds that unscored cases leave."""
    measured = rate(cases.units, cases.summary, how)
    values = (measured.value, measured.ci_low, measured.ci_high)
    if cases.metric.format == "ratio":
        values = tuple(None if v is None else math.exp(v) for v in values)
    left_open = Bounds(None, None)
    if cases.metric.format == "share":
        left_open = bounds(cases.units, cases.summary)
    return Figure(
        name=cases.metric.name,
        group=cases.group,
        value=values[0],
        n=measured.n,
        ci_low=values[1],
        ci_high=values[2],
        n_unscored=_n_unscored(cases),
        bound_low=left_open.low,
        bound_high=left_open.high,
        judge=cases.judge,
    )


class Sides(NamedTuple):
    """Two models' figures."""

    mine: Sequence[Cases]
    other: Sequence[Cases]

    def pairs(self) -> Iterator[tuple[Cases, Cases]]:
        """The figures both have."""
        theirs = {m.key: m for m in self.other}
        yield from ((m, theirs[m.key]) for m in self.mine if m.key in theirs)


def differences(shared: Sides, asked: Sides, how: Resampling) -> Iterator[Figure]:
    """Paired differences, mine minus the other's: the value on what both answered (`shared`), the
    bounds on all that was asked."""
    whole = {mine.key: (mine, other) for mine, other in asked.pairs()}
    for m, match in shared.pairs():
        difference = paired_difference(m.units, match.units, m.summary, how)
        every = whole.get(m.key, (m, match))
        low, high = _open(*every)
        yield Figure(
            name=m.metric.name,
            group=m.group,
            value=difference.value,
            n=difference.n,
            ci_low=difference.ci_low,
            ci_high=difference.ci_high,
            n_unscored=sum(_n_unscored(cases) for cases in every),
            bound_low=low,
            bound_high=high,
            p_value=difference.p_value,
            judge=m.judge,
        )


def _n_unscored(cases: Cases) -> int:
    return sum(unit.value is None for unit in cases.units)


def _open(mine: Cases, other: Cases) -> Bounds:
    """The difference with all unscored cases against the first model, and with all for it."""
    if mine.metric.format != "share":
        return Bounds(None, None)
    return bounds(mine.units, mine.summary).minus(bounds(other.units, other.summary))
