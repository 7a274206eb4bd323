"""Paired differences between entrants on the same prompts. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from specloop.measuring.base import AnswerMetric, mean_of, unit
from specloop.measuring.scores import Score
from specloop.records import Figure
from specloop.specbench.cases import JudgedCase
from specloop.specbench.figures import scores
from specloop.stats import DEFAULT, Bounds, Resampling, Unit, bounds, paired_difference

_Scored = list[tuple[JudgedCase, Score]]


def difference(
    first: Iterable[JudgedCase],
    second: Iterable[JudgedCase],
    of: AnswerMetric,
    how: Resampling = DEFAULT,
) -> Figure:
    """First minus second over the prompts that both were scored on, each prompt counting once.

    If there are several seeds a prompt's score is their mean. `n` counts prompts; the bounds are
    over the prompts that both were asked, with every missing or unscored answer where it hurts
    most.
    """
    mine, theirs = _shared(scores(first, of), scores(second, of))
    told = _shared(_told(mine), _told(theirs))
    one, two = (_means(scored) for scored in told)
    found = paired_difference(one, two, mean_of(one), how)
    n_unscored = sum(score.value is None for _, score in (*mine, *theirs))
    left_open = _open(_means(mine), _means(theirs)) if n_unscored else Bounds(None, None)
    return Figure(
        name=of.name,
        value=found.value,
        n=found.n,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        n_unscored=n_unscored,
        bound_low=left_open.low,
        bound_high=left_open.high,
        p_value=found.p_value,
        judge="",
    )


def _shared(first: _Scored, second: _Scored) -> tuple[_Scored, _Scored]:
    rows = {case.row.id for case, _ in first} & {case.row.id for case, _ in second}
    one, two = ([pair for pair in side if pair[0].row.id in rows] for side in (first, second))
    return one, two


def _told(scored: _Scored) -> _Scored:
    return [pair for pair in scored if pair[1].value is not None]


def _means(scored: _Scored) -> list[Unit]:
    """One mean score per row, over its seeds."""
    rows: dict[str, _Scored] = defaultdict(list)
    for case, score in scored:
        rows[case.row.id].append((case, score))

    def mean(seeds: _Scored, end: int) -> float | None:
        ends = [score[end] for _, score in seeds]
        told = [value for value in ends if value is not None]
        return sum(told) / len(told) if len(told) == len(ends) else None

    return [
        unit(seeds[0][0].measured, Score(mean(seeds, 0), mean(seeds, 1), mean(seeds, 2)))
        for seeds in rows.values()
    ]


def _open(first: Sequence[Unit], second: Sequence[Unit]) -> Bounds:
    summary = mean_of(first)
    mine, other = bounds(first, summary), bounds(second, summary)
    if mine.low is None or mine.high is None or other.low is None or other.high is None:
        return Bounds(None, None)
    return Bounds(mine.low - other.high, mine.high - other.low)
