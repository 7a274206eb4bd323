"""Whether a judge's probabilities are what they say: of the rules to which it gives 0.7, seven in
ten should be kept. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from specloop.calibration.measures import Compared
from specloop.stats import DEFAULT, Rate, Resampling, Unit, rate

N_BINS = 10


class Bin(NamedTuple):
    """The cases of a tenth of the scale."""

    low: float
    high: float
    said: float
    """The mean probability of YES."""
    kept: Rate
    """The share that the labels call kept."""


def reliability(cases: Iterable[Compared], how: Resampling = DEFAULT) -> tuple[Bin, ...]:
    """The bins that have cases, from the least probability up; cases without a probability are in
    none."""
    bins: list[list[tuple[float, Unit]]] = [[] for _ in range(N_BINS)]
    for case in cases:
        if case.probability is not None:
            at = max(0, min(N_BINS - 1, int(case.probability * N_BINS)))
            bins[at].append((case.probability, Unit(case.cluster, float(case.is_kept))))
    return tuple(
        Bin(
            at / N_BINS,
            (at + 1) / N_BINS,
            sum(probability for probability, _ in some) / len(some),
            rate([unit for _, unit in some], how=how),
        )
        for at, some in enumerate(bins)
        if some
    )
