"""From a figure's cases to the figure: rate, interval, bounds, paired differences. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from specloop.evaluate.measures import Measure
from specloop.records import Metric
from specloop.stats import Resampling, bounds, paired_difference, rate


def metric(measure: Measure, how: Resampling) -> Metric:
    """A figure with its interval and, for a rate, the bounds that unscored cases leave."""
    found = rate(measure.units, measure.summary, how)
    values = (found.value, found.ci_low, found.ci_high)
    if measure.logarithmic:
        values = tuple(None if v is None else math.exp(v) for v in values)
    n_unscored = sum(u.value is None for u in measure.units)
    open_ = bounds(measure.units, measure.summary) if measure.is_rate else (None, None)
    return Metric(
        name=measure.name,
        group=measure.group,
        value=values[0],
        n=found.n,
        ci_low=values[1],
        ci_high=values[2],
        n_unscored=n_unscored,
        bound_low=open_[0],
        bound_high=open_[1],
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
        yield Metric(
            name="log_perplexity" if m.logarithmic else m.name,
            group=m.group,
            value=found.value,
            n=found.n,
            ci_low=found.ci_low,
            ci_high=found.ci_high,
            p_value=found.p_value,
            judge=m.judge,
        )
