"""Rates, differences and their intervals. Pure; draws are seeded and do not depend on input order.

A figure is computed from `Unit`s: one measured case each, with its cluster (cases of one
cluster are not independent) and a column (the rule it is about). A `Summary` turns sums per column
into the figure, so the total, the mean over rules and the worst rule share one bootstrap.

Intervals: Wilson's score interval if every case is its own cluster and is 0 or 1; otherwise the
percentile interval of a cluster bootstrap (clusters drawn with replacement; Efron and Tibshirani,
1993). If the bootstrap has no spread (all cases alike, or one cluster), it is Wilson's interval for
that many clusters, and for differences Newcombe's hybrid of two of them (1998, method 10): a rate
of 1 over 8 clusters is not certain to be 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from specloop.signflip import Floats, sign_flip_p

Summary = Callable[[Floats, Floats, Sequence[str]], Floats]
"""Sums of values and of weights, shape (..., column), and the columns -> figure, shape (...).

NaN where the figure is undefined.
"""


Estimate = tuple[float | None, float | None, float | None]
"""A value with the ends of its interval."""


class Unit(NamedTuple):
    """One measured case; `value` is None if it could not be measured."""

    cluster: str
    value: float | None
    column: str = ""
    weight: float = 1.0
    low: float = 0.0
    """The least that it may be if it could not be measured."""
    high: float | None = 1.0
    """The most that it may be; None if it is not a case at all unless its value is `low`."""


class Rate(NamedTuple):
    """A figure with its number of cases and its interval; None where undefined."""

    value: float | None
    n: int
    ci_low: float | None = None
    ci_high: float | None = None


class Difference(NamedTuple):
    """A paired difference, first minus second, with interval and two-sided p-value.

    `n` is the smaller of the two numbers of cases.
    """

    value: float | None
    n: int
    ci_low: float | None = None
    ci_high: float | None = None
    p_value: float | None = None


class Bounds(NamedTuple):
    """The figure with every unscored case at its lowest, and with every one at its highest."""

    low: float | None
    high: float | None

    def minus(self, other: Bounds) -> Bounds:
        """Those of a difference: all against the first, and all for it."""
        if self.low is None or self.high is None or other.low is None or other.high is None:
            return Bounds(None, None)
        return Bounds(self.low - other.high, self.high - other.low)


class Resampling(NamedTuple):
    """How intervals are drawn."""

    confidence: float = 0.95
    seed: int = 0
    draws: int = 4000


class _Table(NamedTuple):
    """Sums per (cluster, column)."""

    sums: Floats
    weights: Floats
    columns: tuple[str, ...]

    def whole(self) -> tuple[Floats, Floats]:
        """Sums over all clusters."""
        return self.sums.sum(axis=0), self.weights.sum(axis=0)

    def drawn(self, by: Floats) -> tuple[Floats, Floats]:
        """Sums over clusters, each counted as often as `by`, shape (draw, cluster), says."""
        return by @ self.sums, by @ self.weights


DEFAULT = Resampling()
_SHUFFLES = 20_000
"""Draws of a permutation test: enough for its p-value to count among some hundred rules."""
_MOST_SHUFFLED = 10_000_000
"""Most clusters in all draws of one, for the memory."""


def pooled(sums: Floats, weights: Floats, columns: Sequence[str]) -> Floats:
    """Pool all cases: the sum of values over the sum of weights."""
    return _ratio(sums.sum(axis=-1), weights.sum(axis=-1))


def macro(sums: Floats, weights: Floats, columns: Sequence[str]) -> Floats:
    """The mean over columns that have a case, each counting once."""
    return _mean(_ratio(sums, weights), np.ones(len(columns)))


def worst(sums: Floats, weights: Floats, columns: Sequence[str]) -> Floats:
    """The lowest column."""
    rates = _ratio(sums, weights)
    lowest = np.where(np.isnan(rates), np.inf, rates).min(axis=-1)
    return np.where(np.isinf(lowest), np.nan, lowest)


def weighted(by_column: Mapping[str, float]) -> Summary:
    """The mean over columns that have a case, each counting as `by_column` says."""

    def summary(sums: Floats, weights: Floats, columns: Sequence[str]) -> Floats:
        return _mean(_ratio(sums, weights), np.array([by_column[c] for c in columns]))

    return summary


def wilson(successes: float, n: int, confidence: float = 0.95) -> Rate:
    """A plain rate with Wilson's score interval (1927), without continuity correction."""
    if n == 0:
        return Rate(None, 0)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    p = successes / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return Rate(p, n, max(0.0, min(p, middle - half)), min(1.0, max(p, middle + half)))


def rate(units: Iterable[Unit], summary: Summary = pooled, how: Resampling = DEFAULT) -> Rate:
    """A figure over the units that could be measured, with its interval."""
    measured = _measured(units)
    if not measured:
        return Rate(None, 0)
    clusters = _names(u.cluster for u in measured)
    if summary is pooled and len(clusters) == len(measured) and all(_is_plain(u) for u in measured):
        return wilson(sum(u.value or 0.0 for u in measured), len(measured), how.confidence)
    table = _tabulate(measured, clusters, _names(u.column for u in measured))
    value = float(summary(*table.whole(), table.columns))
    if math.isnan(value):
        return Rate(None, len(measured))
    drawn = summary(*table.drawn(draw_clusters(len(clusters), how)), table.columns)
    low, high = percentiles(drawn, how.confidence)
    if low == high:
        low, high = _stand_in(value, measured, len(clusters), how.confidence)
    return Rate(value, len(measured), low, high)


def paired_difference(
    first: Iterable[Unit],
    second: Iterable[Unit],
    summary: Summary = pooled,
    how: Resampling = DEFAULT,
) -> Difference:
    """The difference of a figure between two models measured on the same clusters.

    The interval draws the same clusters for both. The p-value is from a sign-flip test over
    clusters.
    """
    a_units, b_units = _measured(first), _measured(second)
    if not a_units or not b_units:
        return Difference(None, min(len(a_units), len(b_units)))
    clusters = _names(u.cluster for u in a_units + b_units)
    columns = _names(u.column for u in a_units + b_units)
    a, b = (_tabulate(units, clusters, columns) for units in (a_units, b_units))

    def figure(draws: Floats, other_draws: Floats) -> Floats:
        """Figure of `draws` of the first model's clusters with `other_draws` of the second's."""
        sums = draws @ a.sums + other_draws @ b.sums
        return summary(sums, draws @ a.weights + other_draws @ b.weights, columns)

    whole, none = np.ones((1, len(clusters))), np.zeros((1, len(clusters)))
    ends = float(figure(whole, none)[0]), float(figure(none, whole)[0])
    value, n = ends[0] - ends[1], min(len(a_units), len(b_units))
    if math.isnan(value):
        return Difference(None, n)
    draws = draw_clusters(len(clusters), how)
    idle = np.zeros_like(draws)
    low, high = percentiles(figure(draws, idle) - figure(idle, draws), how.confidence)
    if low == high:
        low, high = _newcombe(ends, (a_units, b_units), len(clusters), how.confidence)

    def exchanged(share: Floats) -> Floats:
        return figure(1 - share, share) - figure(share, 1 - share)

    moving = ((a.sums != b.sums) | (a.weights != b.weights)).any(axis=1)
    return Difference(value, n, low, high, sign_flip_p(exchanged, moving, how.draws, how.seed))


def unpaired_difference(
    first: Iterable[Unit],
    second: Iterable[Unit],
    summary: Summary = pooled,
    how: Resampling = DEFAULT,
) -> Difference:
    """The difference of a figure measured on cases of their own.

    The interval is Newcombe's of both intervals. The p-value is from a permutation test: under the
    null hypothesis any clusters could have been the first's. Clusters of one name count as two.
    """
    ends = [_measured(first), _measured(second)]
    a, b = (rate(units, summary, how) for units in ends)
    n = min(len(units) for units in ends)
    if a.value is None or b.value is None:
        return Difference(None, n)
    low, high = unpaired((a.value, a.ci_low, a.ci_high), (b.value, b.ci_low, b.ci_high))
    tagged = [
        [unit._replace(cluster=f"{side} {unit.cluster}") for unit in units]
        for side, units in enumerate(ends)
    ]
    every = [unit for units in tagged for unit in units]
    clusters = _names(unit.cluster for unit in every)
    table = _tabulate(every, clusters, _names(unit.column for unit in every))
    mine = _shuffled(len({unit.cluster for unit in tagged[0]}), len(clusters), how.seed)
    drawn = summary(*table.drawn(mine), table.columns)
    drawn -= summary(*table.drawn(1 - mine), table.columns)
    # The first row is the observed one. An undefined difference counts as far from zero.
    far = ~(np.abs(drawn) < abs(a.value - b.value) - 1e-12)
    return Difference(a.value - b.value, n, low, high, float(far.mean()))


@lru_cache(maxsize=4)
def _shuffled(n_first: int, n: int, seed: int) -> Floats:
    """Which clusters are the first's, shape (draw, cluster): as they are, then drawn."""
    draws = max(1000, min(_SHUFFLES, _MOST_SHUFFLED // n))
    rows = np.zeros((draws + 1, n))
    rows[:, :n_first] = 1.0
    rows[1:] = np.random.default_rng((seed, 2)).permuted(rows[1:], axis=1)
    return rows


def bounds(units: Iterable[Unit], summary: Summary = pooled) -> Bounds:
    """The range that unscored cases leave open."""
    units = list(units)

    def figure(ends: Iterable[float | None]) -> float | None:
        filled = [
            unit._replace(value=end if unit.value is None else unit.value)
            for unit, end in zip(units, ends, strict=True)
            if unit.value is not None or end is not None
        ]
        if not filled:
            return None
        table = _tabulate(
            filled, _names(u.cluster for u in filled), _names(u.column for u in filled)
        )
        return float(summary(*table.whole(), table.columns))

    return Bounds(figure(u.low for u in units), figure(u.high for u in units))


def _measured(units: Iterable[Unit]) -> list[Unit]:
    return sorted(u for u in units if u.value is not None)


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def _is_plain(unit: Unit) -> bool:
    return unit.weight == 1.0 and unit.value in (0.0, 1.0) and unit.high is not None


def _tabulate(
    units: Iterable[Unit],
    clusters: Sequence[str],
    columns: Sequence[str],
) -> _Table:
    row = {name: i for i, name in enumerate(clusters)}
    column = {name: i for i, name in enumerate(columns)}
    shape = (len(row), len(column))
    table = _Table(np.zeros(shape), np.zeros(shape), tuple(columns))
    for unit in units:
        at = row[unit.cluster], column[unit.column]
        table.sums[at] += (unit.value or 0.0) * unit.weight
        table.weights[at] += unit.weight
    return table


@lru_cache(maxsize=8)
def draw_clusters(n_clusters: int, how: Resampling) -> Floats:
    """How often each draw holds each cluster, shape (draw, cluster)."""
    draws = np.random.default_rng(how.seed)
    even = np.full(n_clusters, 1 / n_clusters)
    return draws.multinomial(n_clusters, even, size=how.draws).astype(np.float64)


def _ratio(sums: Floats, weights: Floats) -> Floats:
    return np.divide(sums, weights, out=np.full(np.shape(sums), np.nan), where=weights > 0)


def _mean(rates: Floats, weights: Floats) -> Floats:
    shown = np.where(np.isnan(rates), 0.0, weights)
    return _ratio((np.nan_to_num(rates) * shown).sum(axis=-1), shown.sum(axis=-1))


def percentiles(drawn: Floats, confidence: float) -> tuple[float, float]:
    """The percentile interval of drawn figures; undefined ones do not count."""
    drawn = drawn[~np.isnan(drawn)]
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return float(low), float(high)


def _stand_in(
    value: float, units: Sequence[Unit], n_clusters: int, confidence: float
) -> tuple[float | None, float | None]:
    """An interval for a bootstrap without spread; figures that are not rates keep the point.

    A single cluster of such a figure says nothing about its spread.
    """
    within = all(u.high is not None and 0.0 <= (u.value or 0.0) <= 1.0 for u in units)
    if not (within and 0.0 <= value <= 1.0):
        return (value, value) if n_clusters > 1 else (None, None)
    interval = wilson(value * n_clusters, n_clusters, confidence)
    return interval.ci_low, interval.ci_high


def _newcombe(
    ends: tuple[float, float],
    both: tuple[Sequence[Unit], Sequence[Unit]],
    n_clusters: int,
    confidence: float,
) -> tuple[float | None, float | None]:
    first, second = (
        (end, *_stand_in(end, units, n_clusters, confidence))
        for end, units in zip(ends, both, strict=True)
    )
    return unpaired(first, second)


def unpaired(first: Estimate, second: Estimate) -> tuple[float | None, float | None]:
    """Newcombe's hybrid interval of `first - second`, as if unpaired: wide rather than narrow; None
    where a value or an end is."""
    (a, low_a, high_a), (b, low_b, high_b) = first, second
    if a is None or low_a is None or high_a is None:
        return None, None
    if b is None or low_b is None or high_b is None:
        return None, None
    low = a - b - math.hypot(a - low_a, high_b - b)
    return low, a - b + math.hypot(high_a - a, b - low_b)
