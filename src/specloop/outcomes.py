"""What a paired difference means, by one rule for every table and page. Pure.

A difference is more than noise only if its interval excludes zero and its p-value, corrected for
all comparisons of the same figure (Holm, 1979), is at most 1 minus the confidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from specloop.records import Figure, Outcome

Better = Literal["up", "down", "neither"]
"""Whether a figure is better up or down."""


def settled(
    differences: Iterable[Figure], better: Better = "up", confidence: float = 0.95
) -> tuple[Figure, ...]:
    """All comparisons of one figure in the given order, with corrected p-values and outcomes."""
    differences = tuple(differences)
    corrected = holm([difference.p_value for difference in differences])
    made = (
        difference.model_copy(update={"p_holm": p})
        for difference, p in zip(differences, corrected, strict=True)
    )
    return tuple(
        difference.model_copy(update={"outcome": _outcome(difference, better, 1 - confidence)})
        for difference in made
    )


def holm(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """Holm's step-down adjusted p-values, in the given order; None stays None and does not
    count."""
    order = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p, i) in enumerate(order):
        highest = max(highest, min(1.0, p * (len(order) - rank)))
        adjusted[i] = highest
    return tuple(adjusted)


def outcome_of(difference: Figure | None) -> Outcome:
    """The outcome of a settled difference."""
    return difference.outcome if difference and difference.outcome else "unknown"


def _outcome(difference: Figure, better: Better, level: float) -> Outcome:
    """The outcome of a difference; open where unscored cases could reverse it.

    Without a p-value, as for two separate intervals, only the interval decides.
    """
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
