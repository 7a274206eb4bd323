"""Corrected rates: the intervals hold the truth as often as they say, where naive ones do not."""

from __future__ import annotations

import numpy as np
import pytest

from specloop.calibration.corrected import (
    JudgedCases,
    LabelledCases,
    Powered,
    Share,
    corrected,
    prediction_powered,
    student_t,
)
from specloop.stats import Rate, Resampling, Unit, rate, wilson

DRAWS = 1000
HOW = Resampling(draws=1500)


def holds(interval: Rate | None, truth: float) -> bool:
    """Whether the interval holds the truth; one that says nothing does."""
    if interval is None or interval.ci_low is None or interval.ci_high is None:
        return True
    return interval.ci_low <= truth <= interval.ci_high


@pytest.mark.parametrize(
    ("truth", "sensitivity", "specificity", "n", "n_kept", "n_broken"),
    [
        (0.9, 0.9, 0.8, 500, 60, 60),
        (0.1, 0.7, 0.9, 300, 60, 60),
        (0.95, 0.95, 0.95, 200, 40, 40),
        (0.5, 0.65, 0.6, 1000, 150, 150),
        (0.3, 0.9, 0.6, 400, 200, 50),
    ],
)
def test_a_corrected_interval_holds_the_truth_as_often_as_it_says(
    truth: float, sensitivity: float, specificity: float, n: int, n_kept: int, n_broken: int
) -> None:
    draws = np.random.default_rng(7)
    said = truth * sensitivity + (1 - truth) * (1 - specificity)
    held = naive = 0
    for _ in range(DRAWS):
        yes = int(draws.binomial(n, said))
        right = int(draws.binomial(n_kept, sensitivity)), int(draws.binomial(n_broken, specificity))
        interval = corrected(
            Share(yes / n, n),
            Share(right[0] / n_kept, n_kept),
            Share(right[1] / n_broken, n_broken),
            HOW,
        )
        held += holds(interval, truth)
        naive += holds(wilson(yes, n), truth)
    assert 0.93 <= held / DRAWS <= 0.97
    assert naive / DRAWS < 0.8


@pytest.mark.parametrize(
    ("truth", "sensitivity", "specificity", "n", "n_labels"),
    [(0.6, 0.8, 0.7, 300, 100), (0.9, 0.9, 0.8, 500, 80), (0.5, 0.65, 0.6, 400, 40)],
)
def test_labels_on_the_judged_cases_give_intervals_that_hold_as_often_as_they_say(
    truth: float, sensitivity: float, specificity: float, n: int, n_labels: int
) -> None:
    draws = np.random.default_rng(11)
    names = [str(i) for i in range(n + n_labels)]
    held, widths, plain = 0, [], []
    for _ in range(DRAWS):
        kept = draws.random(len(names)) < truth
        luck = draws.random(len(names))
        judged = np.where(kept, luck < sensitivity, luck > specificity).astype(float)
        labels = kept[:n_labels].astype(float)
        found = prediction_powered(
            LabelledCases(names[:n_labels], judged[:n_labels].tolist(), labels.tolist()),
            JudgedCases(names, judged.tolist()),
        )
        assert found is not None
        interval = found.interval()
        held += holds(interval, truth)
        widths.append((interval.ci_high or 0) - (interval.ci_low or 0))
        alone = wilson(float(labels.sum()), n_labels)
        plain.append((alone.ci_high or 0) - (alone.ci_low or 0))
    assert 0.93 <= held / DRAWS <= 0.97
    assert np.mean(widths) < 1.03 * np.mean(plain)


@pytest.mark.parametrize(
    ("truth", "applying", "found_na", "false_na", "n", "n_labels"),
    [
        (0.6, 0.7, 0.0, 0.0, 400, 100),
        (0.8, 0.4, 0.8, 0.1, 400, 100),
        (0.9, 0.5, 0.6, 0.05, 500, 160),
        (0.5, 0.2, 0.0, 0.0, 600, 300),
        (0.85, 0.9, 0.9, 0.3, 400, 80),
    ],
)
def test_labels_na_and_verdicts_na_count_rightly(
    truth: float, applying: float, found_na: float, false_na: float, n: int, n_labels: int
) -> None:
    draws, names = np.random.default_rng(19), [str(i) for i in range(n)]
    held = naive = 0
    for _ in range(DRAWS):
        kept, applies = draws.random(n) < truth, draws.random(n) < applying
        labels = np.where(applies, kept, np.nan)
        # What does not apply is seldom said to be kept.
        yes = draws.random(n) < np.where(applies, np.where(kept, 0.85, 0.3), 0.2)
        is_na = draws.random(n) < np.where(applies, false_na, found_na)
        judged = np.where(is_na, np.nan, yes)
        own = judged[:n_labels].tolist(), labels[:n_labels].tolist()
        found = prediction_powered(
            LabelledCases(names[:n_labels], *own), JudgedCases(names, judged.tolist())
        )
        held += holds(found and found.interval(), truth)
        said = judged[~is_na]
        naive += holds(wilson(float(said.sum()), len(said)), truth)
    assert 0.93 <= held / DRAWS <= 0.97
    assert naive / DRAWS < 0.8


def test_a_difference_with_labels_na_holds_as_often_as_it_says() -> None:
    draws, n, n_labels, held = np.random.default_rng(23), 300, 120, 0
    names = [str(i) for i in range(n)]
    for _ in range(DRAWS):
        applies, sides = draws.random(n) < 0.5, list[Powered]()
        for truth in (0.8, 0.6):
            kept = draws.random(n) < truth
            judged = np.where(draws.random(n) < 0.8, kept, ~kept & applies).astype(float)
            judged[~applies & (draws.random(n) < 0.6)] = np.nan
            labels = np.where(applies, kept, np.nan)[:n_labels].tolist()
            labelled = LabelledCases(names[:n_labels], judged[:n_labels].tolist(), labels)
            found = prediction_powered(labelled, JudgedCases(names, judged.tolist()))
            assert found is not None
            sides.append(found)
        held += holds(sides[0].minus(sides[1]), 0.2)
    assert 0.93 <= held / DRAWS <= 0.97


def test_labels_that_are_all_na_say_nothing() -> None:
    nothing = LabelledCases(["a", "b", "c"], [1.0, 0.0, 1.0], [float("nan")] * 3)
    assert prediction_powered(nothing, JudgedCases(*nothing[:2])) is None


def test_a_perfect_judge_changes_nothing_and_a_coin_says_nothing() -> None:
    judged = Share(0.7, 1000)
    perfect = corrected(judged, Share(1.0, 1e6), Share(1.0, 1e6))
    assert perfect is not None
    assert perfect.value == pytest.approx(0.7)
    assert perfect.ci_low == pytest.approx(wilson(700, 1000).ci_low, abs=0.003)
    assert corrected(judged, Share(0.5, 100), Share(0.5, 100)) is None
    assert corrected(judged, Share(0.9, 100), Share(0.05, 100)) is None


def test_cases_of_one_cluster_count_for_less_than_their_number() -> None:
    alone = [Unit(str(i), float(i % 3 > 0)) for i in range(90)]
    together = [unit._replace(cluster=str(i // 9)) for i, unit in enumerate(sorted(alone))]
    plain, clustered = Share.of(rate(alone)), Share.of(rate(together))
    assert plain is not None
    assert clustered is not None
    assert plain.n == pytest.approx(90, rel=0.01)
    assert clustered.n < 45
    assert Share.of(Rate(None, 0)) is None


def test_one_cluster_of_labels_says_nothing_and_no_other_cases_leaves_the_labels() -> None:
    labelled = LabelledCases(["a", "a"], [1.0, 0.0], [1.0, 1.0])
    assert prediction_powered(labelled, JudgedCases(["a", "a", "b"], [1.0, 0.0, 1.0])) is None
    only = LabelledCases([str(i) for i in range(50)], [1.0] * 50, [1.0] * 40 + [0.0] * 10)
    found = prediction_powered(only, JudgedCases(*only[:2]))
    assert found is not None
    assert found.interval().value == pytest.approx(41 / 52)


def test_a_judge_hardly_better_than_chance_leaves_the_share_open() -> None:
    found = corrected(Share(0.95, 1000), Share(0.6, 40), Share(0.45, 40))
    assert found is not None
    assert (found.ci_low, found.ci_high) == (0.0, 1.0)


def test_a_share_that_no_truth_gives_with_such_a_judge_says_nothing() -> None:
    assert corrected(Share(0.95, 1000), Share(0.6, 40), Share(0.9, 40)) is None
    assert corrected(Share(0.02, 1000), Share(0.9, 40), Share(0.6, 40)) is None


def test_labels_without_an_error_leave_the_error_of_the_judged_rate() -> None:
    draws, held = np.random.default_rng(5), 0
    for _ in range(DRAWS):
        yes = int(draws.binomial(500, 0.98))
        held += holds(corrected(Share(yes / 500, 500), Share(1, 20), Share(1, 20), HOW), 0.98)
    assert held / DRAWS >= 0.93


@pytest.mark.parametrize("applying", [1.0, 0.5])
def test_labels_on_some_cases_of_a_cluster_count_with_its_other_cases(applying: float) -> None:
    draws, held = np.random.default_rng(3), 0
    names = np.repeat(np.arange(40), 20)
    for _ in range(DRAWS):
        kept = draws.random(len(names)) < draws.beta(0.4, 0.2, 40)[names]
        judged = np.where(draws.random(len(names)) < 0.25, 1.0, kept)
        labelled = draws.random(len(names)) < 0.5
        own = names[labelled].astype(str).tolist()
        applies = draws.random(len(names)) < applying
        labels = np.where(applies, kept, np.nan)[labelled].tolist()
        found = prediction_powered(
            LabelledCases(own, judged[labelled].tolist(), labels),
            JudgedCases(names.astype(str).tolist(), judged.tolist()),
        )
        held += holds(found and found.interval(), 2 / 3)
    assert 0.93 <= held / DRAWS <= 0.98


def test_a_difference_by_few_labels_holds_as_often_as_it_says() -> None:
    draws, truths, n, n_labels = np.random.default_rng(7), (0.95, 0.9), 40, 20
    names, held = [str(i) for i in range(n)], 0
    for _ in range(400):
        sides: list[Powered] = []
        for truth in truths:
            kept = draws.random(n) < truth
            judged = np.where(draws.random(n) < 0.97, kept, ~kept).astype(float)
            labelled = LabelledCases(
                names[:n_labels], judged[:n_labels].tolist(), kept[:n_labels].astype(float).tolist()
            )
            found = prediction_powered(labelled, JudgedCases(names, judged.tolist()))
            assert found is not None
            sides.append(found)
        held += holds(sides[0].minus(sides[1]), truths[0] - truths[1])
    assert held / 400 >= 0.93


def test_two_clusters_of_labels_take_the_exact_quantile() -> None:
    labelled = LabelledCases(["a", "b"] * 50, [1.0, 0.0] * 50, [1.0, 0.0] * 50)
    assert prediction_powered(labelled, JudgedCases(*labelled[:2])) is not None
    assert student_t(0.95, 1) == pytest.approx(12.706, abs=1e-3)
    assert student_t(0.95, 2) == pytest.approx(4.303, abs=1e-3)
    assert student_t(0.95, 10) == pytest.approx(2.228, abs=1e-3)
