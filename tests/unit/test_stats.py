import random
from itertools import product

import numpy as np
import pytest

from specloop.stats import (
    Resampling,
    Unit,
    bounds,
    macro,
    paired_difference,
    pooled,
    rate,
    unpaired_difference,
    weighted,
    wilson,
    worst,
)


def units_of(*values: float | None, column: str = "", start: int = 0) -> list[Unit]:
    return [Unit(f"c{start + i}", value, column) for i, value in enumerate(values)]


def noisy(seed: int, n_clusters: int = 30, per_cluster: int = 4, p: float = 0.6) -> list[Unit]:
    draw = random.Random(seed)
    cells = product(range(n_clusters), range(per_cluster))
    return [Unit(f"c{c}", float(draw.random() < p), f"r{r}") for c, r in cells]


@pytest.mark.parametrize(
    ("hits", "n", "confidence", "low", "high"),
    [
        (0, 10, 0.9, 0.0, 0.212942),
        (0, 10, 0.95, 0.0, 0.277533),
        (7, 10, 0.9, 0.4417, 0.873123),
        (7, 10, 0.95, 0.396778, 0.892209),
        (81, 263, 0.9, 0.263314, 0.356566),
        (10, 10, 0.9, 0.787058, 1.0),
        (1, 1, 0.9, 0.269866, 1.0),
        (1, 1, 0.95, 0.206549, 1.0),
    ],
)
def test_wilson_interval_equals_scipys(
    hits: int, n: int, confidence: float, low: float, high: float
) -> None:
    # scipy.stats.binomtest(hits, n).proportion_ci(confidence, method="wilson"), scipy 1.17.
    ours = wilson(hits, n, confidence)
    assert (ours.ci_low, ours.ci_high) == pytest.approx((low, high), abs=1e-6)


def test_wilson_interval_equals_newcombes_published_example() -> None:
    figure = wilson(81, 263)  # Newcombe 1998a, table I: 81 of 263
    assert figure.ci_low == pytest.approx(0.2553, abs=5e-5)
    assert figure.ci_high == pytest.approx(0.3662, abs=5e-5)


@pytest.mark.parametrize("summary", [pooled, macro, worst])
def test_shuffling_the_cases_changes_nothing(summary) -> None:
    units, other = noisy(1), noisy(2, p=0.4)
    shuffled, other_shuffled = units[:], other[:]
    random.Random(0).shuffle(shuffled)
    random.Random(1).shuffle(other_shuffled)
    assert rate(units, summary) == rate(shuffled, summary)
    assert paired_difference(units, other, summary) == paired_difference(
        shuffled, other_shuffled, summary
    )


def test_unscored_cases_are_left_out_of_the_rate_and_open_its_bounds() -> None:
    units = units_of(1, 1, 0, None)
    assert rate(units).value == pytest.approx(2 / 3)
    assert rate(units).n == 3
    assert bounds(units) == (0.5, 0.75)


def test_no_case_gives_no_figure() -> None:
    assert rate([]) == (None, 0, None, None)
    assert rate(units_of(None)).value is None
    assert paired_difference([], units_of(1)).value is None
    assert bounds([]) == (None, None)


def test_singletons_get_wilsons_interval() -> None:
    assert rate(units_of(1, 0, 1, 1)) == wilson(3, 4)


def test_cluster_bootstrap_of_singletons_agrees_with_scipys_bootstrap() -> None:
    values = np.random.default_rng(3).normal(10, 2, size=80)
    ours = rate(units_of(*values), how=Resampling(draws=20_000))
    # scipy.stats.bootstrap of np.mean with method="percentile" and 200,000 draws, scipy 1.17.
    assert (ours.ci_low, ours.ci_high) == pytest.approx((9.3312, 10.2861), abs=0.03)


def test_dependent_cases_widen_the_interval() -> None:
    alone = noisy(4, n_clusters=200, per_cluster=1)
    tenfold = [unit for unit in alone for _ in range(10)]
    single, ten = rate(alone), rate(tenfold)
    assert ten.value == pytest.approx(single.value)
    assert ten.ci_high - ten.ci_low == pytest.approx(single.ci_high - single.ci_low, rel=0.1)


def test_cluster_bootstrap_covers_the_truth_about_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(120):
        draw = random.Random(seed)
        bases = [min(1.0, max(0.0, draw.gauss(0.6, 0.2))) for _ in range(40)]
        cells = [
            Unit(f"c{c}", float(draw.random() < p)) for c, p in enumerate(bases) for _ in "abcd"
        ]
        figure = rate(cells, how=Resampling(draws=500))
        covered += figure.ci_low <= 0.6 <= figure.ci_high
    assert 0.87 <= covered / 120 <= 1.0


def test_alike_cases_are_not_taken_for_certain() -> None:
    figure = rate([Unit(f"c{c}", 1.0, r) for c in range(8) for r in "xy"])
    assert (figure.value, figure.n) == (1.0, 16)
    assert figure.ci_low == pytest.approx(wilson(8, 8).ci_low)
    same = paired_difference(units_of(1, 1, 1), units_of(0, 0, 0))
    assert same.value == 1.0
    assert same.ci_low < 0.5


def test_newcombe_stand_in_equals_the_published_example_without_spread() -> None:
    figure = paired_difference(units_of(*[1.0] * 10), units_of(*[0.0] * 10))
    # Newcombe 1998b, method 10, 10/10 against 0/10: the score limits are 0.7225 and 0.2775.
    assert figure.ci_low == pytest.approx(1 - np.hypot(0.2775, 0.2775), abs=1e-3)
    assert figure.ci_high == 1.0


def test_macro_worst_and_weighted_views_of_one_table() -> None:
    units = [
        *units_of(1, 1, 1, 1, column="a"),
        *units_of(0, 0, column="b", start=4),
        *units_of(1, 0, column="c", start=6),
    ]
    assert rate(units, pooled).value == pytest.approx(5 / 8)
    assert rate(units, macro).value == pytest.approx(0.5)
    assert rate(units, worst).value == 0.0
    view = weighted({"a": 3.0, "b": 1.0, "c": 0.0})
    assert rate(units, view).value == pytest.approx(0.75)


def test_paired_difference_is_first_minus_second_and_antisymmetric() -> None:
    first, second = noisy(1, p=0.8), noisy(2, p=0.4)
    there, back = paired_difference(first, second), paired_difference(second, first)
    assert there.value == pytest.approx(rate(first).value - rate(second).value)
    assert there.value == pytest.approx(-back.value)
    assert there.ci_low == pytest.approx(-back.ci_high)
    assert there.p_value == back.p_value
    assert there.ci_low > 0
    assert there.p_value < 0.01


def test_a_model_against_itself_differs_by_nothing() -> None:
    units = noisy(5)
    figure = paired_difference(units, units)
    assert figure.value == 0.0
    assert figure.p_value == 1.0
    assert figure.ci_low <= 0 <= figure.ci_high


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    units, few = noisy(6), Resampling(draws=99)
    assert rate(units, how=few) == rate(units, how=few)
    assert rate(units, how=few._replace(seed=1)) != rate(units, how=few)


def test_a_case_that_could_not_have_passed_raises_no_upper_bound() -> None:
    known = [Unit("a", 0.0), Unit("b", 1.0)]
    open_ = Unit("c", None, high=None)
    assert bounds([*known, open_]) == (1 / 3, 1 / 2)
    assert bounds([*known, open_._replace(high=1.0)]) == (1 / 3, 2 / 3)


def test_separate_samples_are_tested_by_permutation():
    def units(name, *values):
        return [Unit(f"{name}{n}", value, "rule") for n, value in enumerate(values)]

    apart = unpaired_difference(units("a", *[0.0] * 3), units("b", *[1.0] * 3))
    assert apart.value == -1
    assert apart.p_value == pytest.approx(0.1, abs=0.01)  # 2 of 20 ways to choose three of six
    alike = unpaired_difference(units("a", 0.0, 1.0, 1.0, 0.0), units("a", 1.0, 0.0, 0.0, 1.0))
    assert (alike.value, alike.p_value) == (0, 1)
    assert unpaired_difference([], units("b", 1.0)).value is None


def test_a_permutation_test_is_right_about_how_often_it_errs():
    draws = np.random.default_rng(3)
    wrong = 0
    for _ in range(200):
        first, second = (
            [Unit(f"{n}", float(v), "rule") for n, v in enumerate(draws.random(size) < 0.7)]
            for size in (9, 14)
        )
        p = unpaired_difference(first, second, how=Resampling(draws=200)).p_value
        wrong += p is not None and p <= 0.05
    assert wrong <= 16


def test_what_is_no_share_gets_no_interval_of_one() -> None:
    for value in (0.25, 1.0):
        same = rate(Unit(f"c{n}", value, high=None) for n in range(4))
        assert (same.ci_low, same.ci_high) == (value, value)
