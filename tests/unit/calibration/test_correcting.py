"""Figures of judged cases without the judge's errors: intervals hold the truth as often as they
say, where naive ones do not."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from tests.unit.calibration.test_corrected import holds

from specloop.calibration.corrected import Share
from specloop.calibration.correcting import Errors, JudgedUnit, Mixed, corrected
from specloop.stats import Rate, Resampling, Unit, macro, paired_difference, pooled, rate, wilson

DRAWS = 1000
HOW = Resampling(draws=400)
N_NAIVE = 100
"""The naive intervals are far off, so fewer draws show it."""
N_CLUSTERS = 60
PLAIN = NormalDist()


def judged(values: np.ndarray, by: str | None = "tone", column: str = "r") -> list[JudgedUnit]:
    """Cases of shape (cluster, case), alike ones of a cluster counted together."""
    kept = values.sum(axis=1)
    return [
        JudgedUnit(Unit(str(i), value, column, float(n)), by)
        for i, own in enumerate(kept)
        for value, n in ((1.0, own), (0.0, values.shape[1] - own))
        if n
    ]


def measured(draws: np.random.Generator, sensitivity: float, specificity: float, n: int) -> Errors:
    right = draws.binomial(n, sensitivity), draws.binomial(n, specificity)
    return Errors(Share(right[0] / n, n), Share(right[1] / n, n))


def said(
    draws: np.random.Generator, alike: np.ndarray, truth: float, worth: tuple[float, float]
) -> np.ndarray:
    """What a judge says of cases that are kept so often; those of a cluster are alike."""
    own = draws.normal(size=(N_CLUSTERS, 3))
    kept = 0.5 * alike[:, None] + 0.75**0.5 * own < PLAIN.inv_cdf(truth)
    luck = draws.random(kept.shape)
    return np.where(kept, luck < worth[0], luck > worth[1])


@pytest.mark.parametrize(
    ("truths", "worth", "n_labels"),
    [
        ((0.8, 0.4), (0.85, 0.8), 60),
        pytest.param((0.9, 0.6), (0.75, 0.7), 40, marks=pytest.mark.slow),
    ],
)
def test_differences_hold_the_truth_as_often_as_they_say(
    truths: tuple[float, float], worth: tuple[float, float], n_labels: int
) -> None:
    draws, truth = np.random.default_rng(3), truths[0] - truths[1]
    held = naive = 0
    for number in range(DRAWS):
        alike = draws.normal(size=N_CLUSTERS)
        sides = [judged(said(draws, alike, one, worth)) for one in truths]
        errors = {"tone": measured(draws, *worth, n_labels)}
        held += holds(corrected([Mixed(side, pooled) for side in sides], errors, HOW), truth)
        if number < N_NAIVE:
            plain = paired_difference(*([case.unit for case in side] for side in sides), how=HOW)
            naive += holds(Rate(*plain[:4]), truth)
    assert 0.93 <= held / DRAWS <= 0.97
    assert naive / N_NAIVE < 0.7


@pytest.mark.slow
def test_totals_of_code_and_judge_hold_the_truth_as_often_as_they_say() -> None:
    draws, worth, truths = np.random.default_rng(5), (0.85, 0.8), (0.9, 0.9, 0.8)
    held = naive = 0
    for number in range(DRAWS):
        alike = draws.normal(size=N_CLUSTERS)
        code, *by_judge = (
            said(draws, alike, truth, w)
            for truth, w in zip(truths, ((1.0, 1.0), worth, worth), strict=True)
        )
        cases = [
            *judged(code, None, "a"),
            *judged(by_judge[0], "tone", "b"),
            *judged(by_judge[1], "truth", "c"),
        ]
        errors = {key: measured(draws, *worth, 60) for key in ("tone", "truth")}
        found = corrected([Mixed(cases, macro)], errors, HOW)
        held += holds(found, sum(truths) / 3)
        if number < N_NAIVE:
            naive += holds(rate([case.unit for case in cases], macro, HOW), sum(truths) / 3)
    assert 0.93 <= held / DRAWS <= 0.97
    assert naive / N_NAIVE < 0.7


def test_both_sides_of_a_difference_share_the_judges_errors() -> None:
    same = judged(np.tile([[True, True, False]], (N_CLUSTERS, 1)))
    errors = {"tone": Errors(Share(0.8, 30), Share(0.7, 30))}
    alone = corrected([Mixed(same, pooled)], errors, HOW)
    apart = corrected([Mixed(same, pooled)] * 2, errors, HOW)
    assert alone is not None
    assert apart is not None
    assert apart.value == 0.0
    width = [(one.ci_high or 0) - (one.ci_low or 0) for one in (alone, apart)]
    assert width[1] < width[0] / 2


def test_few_clusters_that_are_all_alike_leave_the_rate_open() -> None:
    same = judged(np.ones((8, 20), dtype=bool))
    found = corrected([Mixed(same, pooled)], {"tone": Errors(Share(1, 500), Share(1, 500))}, HOW)
    assert found is not None
    assert (found.value, found.ci_high) == (1.0, 1.0)
    assert found.ci_low == pytest.approx(wilson(8, 8).ci_low, abs=0.1)


@pytest.mark.parametrize(
    ("sensitivity", "specificity", "share"), [(0.5, 0.5, 0.7), (0.6, 0.9, 0.95), (0.9, 0.6, 0.02)]
)
def test_nothing_is_said_by_chance_or_where_no_truth_gives_the_share(
    sensitivity: float, specificity: float, share: float
) -> None:
    values = np.arange(1000)[:, None] < 1000 * share
    errors = {"tone": Errors(Share(sensitivity, 100), Share(specificity, 100))}
    assert corrected([Mixed(judged(values), pooled)], errors, HOW) is None


def test_nothing_is_said_of_a_total_or_a_difference_with_such_a_part() -> None:
    errors = {"tone": Errors(Share(0.6, 100), Share(0.9, 100))}
    high, less = (judged(np.arange(1000)[:, None] < n) for n in (950, 930))
    code = judged(np.arange(1000)[:, None] < 500, None, "code")
    assert corrected([Mixed([*high, *code], pooled)], errors, HOW) is None
    assert corrected([Mixed(high, pooled), Mixed(less, pooled)], errors, HOW) is None
    low = judged(np.arange(1000)[:, None] < 400)
    assert corrected([Mixed([*low, *code], pooled)], errors, HOW) is not None
    assert corrected([Mixed(low, pooled), Mixed(code, pooled)], errors, HOW) is not None


def test_no_cases_say_nothing() -> None:
    assert corrected([Mixed([], pooled)], {}, HOW) is None
    open_ = [JudgedUnit(Unit("a", None), "tone")]
    errors = {"tone": Errors(Share(0.9, 100), Share(0.9, 100))}
    assert corrected([Mixed(open_, pooled)], errors, HOW) is None
