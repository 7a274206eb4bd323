from collections import Counter
from itertools import product

import numpy as np
import pytest

from specloop.outcomes import holm
from specloop.signflip import sign_flip_p
from specloop.stats import Unit, paired_difference, worst


def p_of(gaps: np.ndarray, draws: int = 4000, seed: int = 0) -> float:
    """Of the sum of gaps, one a cluster."""
    return sign_flip_p(lambda flips: (1 - 2 * flips) @ gaps, gaps != 0, draws, seed)


def exact(gaps: np.ndarray) -> float:
    """The share of all sign patterns whose sum is as far from zero, by adding one whole-numbered
    gap after the other."""
    shares = Counter({0: 1.0})
    for gap in gaps.astype(int).tolist():
        grown: Counter[int] = Counter()
        for total, share in shares.items():
            grown[total + gap] += share / 2
            grown[total - gap] += share / 2
        shares = grown
    return sum(share for total, share in shares.items() if abs(total) >= abs(gaps.sum()))


@pytest.mark.parametrize("n", [1, 2, 5, 13])
def test_few_clusters_are_enumerated(n: int) -> None:
    gaps = np.random.default_rng(n).normal(0.5, 1, n)
    sums = [abs(np.dot(signs, gaps)) for signs in product((1, -1), repeat=n)]
    expected = np.mean([total >= abs(gaps.sum()) - 1e-9 for total in sums])
    assert p_of(gaps) == pytest.approx(expected)
    assert p_of(np.ones(n)) == 2.0 ** (1 - n)


@pytest.mark.parametrize("n", [14, 40, 150])
@pytest.mark.parametrize("shift", [0.0, 0.1, 0.3, 0.6, 1.0, 2.0])
@pytest.mark.parametrize("heavy", [False, True])
def test_many_clusters_come_near_the_exact_tail_however_far_out(
    n: int, shift: float, heavy: bool
) -> None:
    random = np.random.default_rng(n)
    noise = random.standard_t(2, n) if heavy else random.normal(0, 1, n)
    gaps = np.round(3 * (noise + shift))
    expected = exact(gaps)
    # Beyond one in a billion only a bound is promised.
    most = 1.25 * expected if expected > 1e-9 else 2e-9
    assert 0.75 * expected <= p_of(gaps) <= most


def test_the_further_from_zero_the_smaller_the_p_value() -> None:
    gaps = np.where(np.arange(60) % 2, 1.0, -1.0)
    p_values = []
    for n_turned in range(31):
        turned = gaps.copy()
        turned[np.flatnonzero(gaps < 0)[:n_turned]] = 1.0
        p_values.append(p_of(turned))
    assert p_values == sorted(p_values, reverse=True)
    assert p_values[0] == pytest.approx(1.0, abs=0.1)
    assert p_values[-1] == pytest.approx(2.0**-59, rel=10)


@pytest.mark.parametrize("draws", [19, 200])
def test_a_model_that_is_no_better_is_called_better_no_more_often_than_the_level_says(
    draws: int,
) -> None:
    random = np.random.default_rng(8)
    n = 4000
    p_values = np.array([p_of(random.standard_t(3, 16), draws, seed) for seed in range(n)])
    for level in (0.001, 0.01, 0.05, 0.2):
        share = np.mean(p_values <= level)
        assert share <= level + 3 * np.sqrt(level * (1 - level) / n)
    assert np.mean(p_values <= 0.2) > 0.1


@pytest.mark.slow
def test_holms_correction_holds_its_level_over_250_comparisons_with_one_baseline() -> None:
    """All are compared with the same baseline, so that its luck is in all of them."""
    random = np.random.default_rng(9)
    wrong = 0
    for seed in range(60):
        baseline = random.random(20) < 0.6
        models = random.random((250, 20)) < 0.6
        gaps = models.astype(float) - baseline
        corrected = holm([p_of(row, 50, seed) for row in gaps])
        wrong += any(p is not None and p <= 0.05 for p in corrected)
    assert wrong <= 8  # at most 3 of 60 are expected; more than 8 come once in 200


def test_figures_that_are_no_sums_are_tested_as_well() -> None:
    def units(low: float) -> list[Unit]:
        return [Unit(f"c{c}", low if r == "x" else 1.0, r) for c in range(40) for r in "xyz"]

    same = paired_difference(units(0.5), units(0.5), worst)
    difference = paired_difference(units(1.0), units(0.0), worst)
    assert same.p_value == 1.0
    assert difference.value == 1.0
    assert difference.p_value is not None
    assert difference.p_value < 1e-9


def test_what_an_exchange_leaves_undefined_counts_against_the_difference() -> None:
    difference = paired_difference([Unit("a", 1.0)], [Unit("b", 0.0)])
    assert difference.value == 1.0
    assert difference.p_value == 1.0
