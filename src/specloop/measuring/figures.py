"""From a figure's cases to the figure: rate, interval, bounds, paired differences and their
outcomes. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from specloop.measuring.base import Cases, metric_of
from specloop.outcomes import settled
from specloop.records import Evaluation, Figure, least_believed
from specloop.stats import (
    Bounds,
    Difference,
    Resampling,
    bounds,
    paired_difference,
    rate,
    unpaired_difference,
)


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
        belief=cases.belief,
        n_judged=n_judged(cases),
    )


def n_judged(cases: Cases) -> int:
    """How many of the cases that could be measured a judge decided."""
    if not cases.marks:
        return 0
    pairs = zip(cases.units, cases.marks, strict=True)
    return sum(mark is not None and unit.value is not None for unit, mark in pairs)


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
        yield _difference(difference, m, match, whole.get(m.key, (m, match)))


def difference_apart(mine: Cases, other: Cases, how: Resampling) -> Figure:
    """The difference of a figure on cases that are not the same, mine minus the other's."""
    difference = unpaired_difference(mine.units, other.units, mine.summary, how)
    return _difference(difference, mine, other, (mine, other))


def _difference(
    difference: Difference, m: Cases, match: Cases, every: tuple[Cases, Cases]
) -> Figure:
    low, high = _open(*every)
    return Figure(
        name=m.metric.name,
        group=m.group,
        **difference._asdict(),
        n_unscored=sum(_n_unscored(cases) for cases in every),
        bound_low=low,
        bound_high=high,
        judge=m.judge,
        belief=least_believed((m.belief, match.belief)),
    )


def _n_unscored(cases: Cases) -> int:
    return sum(unit.value is None for unit in cases.units)


def _open(mine: Cases, other: Cases) -> Bounds:
    """The difference with all unscored cases against the first model, and with all for it."""
    if mine.metric.format != "share":
        return Bounds(None, None)
    return bounds(mine.units, mine.summary).minus(bounds(other.units, other.summary))


_FigureKey = tuple[str, str, str, str]


def compared(evaluations: Sequence[Evaluation], confidence: float) -> list[Evaluation]:
    """The evaluations with the outcomes of their differences: p-values are corrected for all
    comparisons of a figure on the same benchmark. A judge that is not certified decides none."""
    families: dict[_FigureKey, list[Figure]] = {}
    for evaluation in evaluations:
        for difference in filter(is_believed, evaluation.differences):
            families.setdefault(_figure(evaluation, difference), []).append(difference)
    settled_by_figure = {
        figure: iter(settled(family, metric_of(figure[1]).better, confidence))
        for figure, family in families.items()
    }

    def with_outcomes(evaluation: Evaluation) -> Evaluation:
        own = tuple(
            next(settled_by_figure[_figure(evaluation, difference)])
            if is_believed(difference)
            else difference.model_copy(update={"p_holm": None, "outcome": None})
            for difference in evaluation.differences
        )
        return evaluation.model_copy(update={"differences": own})

    return [with_outcomes(one) for one in evaluations]


def is_believed(figure: Figure) -> bool:
    """Whether it holds nothing but verdicts of code and of certified judges. A judged one that says
    nothing of belief was recorded before there was any."""
    return figure.belief == "certified" or not (figure.belief or metric_of(figure.name).is_judged)


def beside(difference: Figure, others: Iterable[Figure], confidence: float) -> Figure:
    """A further comparison of a figure with its outcome, corrected for the others as well."""
    return settled([*others, difference], metric_of(difference.name).better, confidence)[-1]


def _figure(evaluation: Evaluation, difference: Figure) -> _FigureKey:
    return evaluation.benchmark, difference.name, difference.group, difference.judge
