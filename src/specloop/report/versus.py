"""Find the difference between two evaluations from the best record of it in the run.

The best is the one recorded when they were made, then one computed from both evaluations' recorded
verdicts, last one from their two separate intervals, which is wider than a paired one.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import hypot
from typing import NamedTuple

from specloop.evaluation.compared import beside
from specloop.records import Evaluation, Figure
from specloop.report.comparison import difference_between, figure_of
from specloop.report.data import ReportData
from specloop.report.paired import Key, paired_differences


class Versus(NamedTuple):
    """`after - other` on one figure, with both values; `is_paired`: on the answers that both
    gave."""

    after: Figure | None
    other: Figure | None
    difference: Figure | None
    is_paired: bool


def versus(
    data: ReportData, after: Evaluation, other: Evaluation, keys: Iterable[Key]
) -> dict[Key, Versus]:
    """The differences on those figures, by name and group, that both have."""
    wanted = [key for key in keys if figure_of(after, *key) and figure_of(other, *key)]
    recorded = {key: difference_between(after, other, *key) for key in wanted}
    missing = [key for key, record in recorded.items() if record is None]
    anew = paired_differences(data, after, other, missing) if missing else {}
    made: dict[Key, Versus] = {}
    for key in wanted:
        ends = figure_of(after, *key), figure_of(other, *key)
        paired = recorded[key] or anew.get(key)
        difference = recorded[key] or _settled(data, after, paired or _unpaired(*ends))
        made[key] = Versus(*ends, difference, paired is not None)
    return made


def _settled(data: ReportData, after: Evaluation, difference: Figure | None) -> Figure | None:
    """The difference with its outcome, corrected for all recorded differences of the same
    figure."""
    if difference is None:
        return None
    same = (
        evaluation for evaluation in data.evaluations if evaluation.benchmark == after.benchmark
    )
    key = difference.name, difference.group
    alike = (d for evaluation in same for d in evaluation.differences if (d.name, d.group) == key)
    return beside(difference, alike, data.manifest.confidence)


def _unpaired(after: Figure | None, other: Figure | None) -> Figure | None:
    """A difference from two separate intervals, which is conservative because both saw the same
    probes."""
    if after is None or other is None:
        return None
    ends = (after.value, after.ci_low, after.ci_high, other.value, other.ci_low, other.ci_high)
    if any(end is None for end in ends):
        return None
    a, a_low, a_high, b, b_low, b_high = (end or 0.0 for end in ends)
    low, high = _bounds(after, other)
    return Figure(
        name=after.name,
        group=after.group,
        value=a - b,
        n=min(after.n, other.n),
        ci_low=a - b - hypot(a - a_low, b_high - b),
        ci_high=a - b + hypot(a_high - a, b - b_low),
        n_unscored=after.n_unscored + other.n_unscored,
        bound_low=low,
        bound_high=high,
    )


def _bounds(after: Figure, other: Figure) -> tuple[float | None, float | None]:
    ends = (after.bound_low, after.bound_high, other.bound_low, other.bound_high)
    if any(end is None for end in ends):
        return None, None
    a_low, a_high, b_low, b_high = (end or 0.0 for end in ends)
    return a_low - b_high, a_high - b_low
