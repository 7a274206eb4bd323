"""What a paired difference says, by one rule for every table and page. Pure.

A difference is more than noise only where its interval excludes zero and its p-value, corrected for
all comparisons of the same figure (Holm, 1979), is at most 1 minus the confidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from specloop.records import Metric, Outcome

Better = Literal["up", "down", "neither"]
"""Which way a figure is better."""


def settled(
    differences: Iterable[Metric], better: Better = "up", confidence: float = 0.95
) -> tuple[Metric, ...]:
    """All comparisons of one figure, with corrected p-values and outcomes, in the given order."""
    differences = tuple(differences)
    corrected = holm([one.p_value for one in differences])
    made = (
        one.model_copy(update={"p_holm": p}) for one, p in zip(differences, corrected, strict=True)
    )
    return tuple(
        one.model_copy(update={"outcome": _outcome(one, better, 1 - confidence)}) for one in made
    )


def holm(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """Holm's step-down adjusted p-values, in the given order; None stays None and is no member of
    the family."""
    order = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p, i) in enumerate(order):
        highest = max(highest, min(1.0, p * (len(order) - rank)))
        adjusted[i] = highest
    return tuple(adjusted)


def outcome_of(difference: Metric | None) -> Outcome:
    """What a settled difference says."""
    return difference.outcome if difference and difference.outcome else "unknown"


def _outcome(difference: Metric, better: Better, level: float) -> Outcome:
    """Without a p-value, as for two separate intervals, the interval alone decides. Open where
    unscored cases could turn the difference around."""
    low, high, p = difference.ci_low, difference.ci_high, difference.p_holm
    if difference.value is None or low is None or high is None:
        return "unknown"
    if low <= 0 <= high or (p is not None and p > level):
        return "noise"
    least, most = difference.bound_low, difference.bound_high
    if difference.n_unscored and least is not None and most is not None and least <= 0 <= most:
        return "open"
    if better == "neither":
        return "changed"
    return "better" if (low > 0) == (better == "up") else "worse"
