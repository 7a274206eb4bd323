"""From a figure's cases to the figure: rate, interval, bounds, paired differences. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from specloop.evaluate.measures import Measure
from specloop.records import Metric
from specloop.stats import Bounds, Resampling, bounds, paired_difference, rate


def metric(measure: Measure, how: Resampling) -> Metric:
    """A figure with its interval and, for a rate, the bounds that unscored cases leave."""
    found = rate(measure.units, measure.summary, how)
    values = (found.value, found.ci_low, found.ci_high)
    if measure.logarithmic:
        values = tuple(None if v is None else math.exp(v) for v in values)
    left_open = Bounds(None, None)
    if measure.is_rate:
        left_open = bounds(measure.units, measure.summary)
    return Metric(
        name=measure.name,
        group=measure.group,
        value=values[0],
        n=found.n,
        ci_low=values[1],
        ci_high=values[2],
        n_unscored=_n_unscored(measure),
        bound_low=left_open.low,
        bound_high=left_open.high,
        judge=measure.judge,
    )


def differences(
    mine: Iterable[Measure], other: Iterable[Measure], how: Resampling
) -> Iterator[Metric]:
    """Paired differences, mine minus the other's, of the figures both have."""
    theirs = {(m.name, m.group, m.judge): m for m in other}
    for m in mine:
        match = theirs.get((m.name, m.group, m.judge))
        if match is None:
            continue
        found = paired_difference(m.units, match.units, m.summary, how)
        low, high = _open(m, match)
        yield Metric(
            name="log_perplexity" if m.logarithmic else m.name,
            group=m.group,
            value=found.value,
            n=found.n,
            ci_low=found.ci_low,
            ci_high=found.ci_high,
            n_unscored=_n_unscored(m) + _n_unscored(match),
            bound_low=low,
            bound_high=high,
            p_value=found.p_value,
            judge=m.judge,
        )


def _n_unscored(measure: Measure) -> int:
    return sum(unit.value is None for unit in measure.units)


def _open(mine: Measure, other: Measure) -> Bounds:
    """The difference with all unscored cases against the first model, and with all for it."""
    if not mine.is_rate:
        return Bounds(None, None)
    a, b = (bounds(m.units, m.summary) for m in (mine, other))
    if a.low is None or a.high is None or b.low is None or b.high is None:
        return Bounds(None, None)
    return Bounds(a.low - b.high, a.high - b.low)
