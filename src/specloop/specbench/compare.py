"""Paired differences between entrants on the same prompts. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from specloop.measuring.scores import Score
from specloop.records import Metric
from specloop.specbench.cases import Case
from specloop.specbench.figures import BenchMeasure, open_range, summary_of, unit
from specloop.stats import DEFAULT, Resampling, paired_difference

_Scored = list[tuple[Case, Score]]


def difference(
    first: Iterable[Case], second: Iterable[Case], of: BenchMeasure, how: Resampling = DEFAULT
) -> Metric:
    """First minus second over the prompts that both were scored on, each prompt counting once.

    Where there are several seeds a prompt's score is their mean. `n` counts prompts; the bounds are
    over the prompts that both were asked, with every missing or unscored answer where it hurts
    most.
    """
    mine, theirs = _shared(of.scores(first), of.scores(second))
    told = _shared(_told(mine), _told(theirs))
    one, two = (_means(scored) for scored in told)
    summary = summary_of(case for case, _ in told[0])
    found = paired_difference(
        [unit(case, score.value) for case, score in one],
        [unit(case, score.value) for case, score in two],
        summary,
        how,
    )
    n_unscored = sum(score.value is None for _, score in (*mine, *theirs))
    low, high = _bounds(_means(mine), _means(theirs)) if n_unscored else (None, None)
    return Metric(
        name=of.name,
        value=found.value,
        n=found.n,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        n_unscored=n_unscored,
        bound_low=low,
        bound_high=high,
        p_value=found.p_value,
        judge="",
    )


def _shared(first: _Scored, second: _Scored) -> tuple[_Scored, _Scored]:
    rows = {case.row.id for case, _ in first} & {case.row.id for case, _ in second}
    one, two = ([pair for pair in side if pair[0].row.id in rows] for side in (first, second))
    return one, two


def _told(scored: _Scored) -> _Scored:
    return [pair for pair in scored if pair[1].value is not None]


def _means(scored: _Scored) -> _Scored:
    """One mean score a row, over its seeds."""
    rows: dict[str, _Scored] = defaultdict(list)
    for case, score in scored:
        rows[case.row.id].append((case, score))

    def mean(seeds: _Scored, end: int) -> float | None:
        ends = [score[end] for _, score in seeds]
        told = [value for value in ends if value is not None]
        return sum(told) / len(told) if len(told) == len(ends) else None

    return [
        (seeds[0][0], Score(mean(seeds, 0), mean(seeds, 1), mean(seeds, 2)))
        for seeds in rows.values()
    ]


def _bounds(first: _Scored, second: _Scored) -> tuple[float | None, float | None]:
    summary = summary_of(case for case, _ in first)
    low, high = open_range(first, summary)
    other_low, other_high = open_range(second, summary)
    if low is None or high is None or other_low is None or other_high is None:
        return None, None
    return low - other_high, high - other_low
