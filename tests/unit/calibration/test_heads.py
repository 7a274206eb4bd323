"""Weights fitted on labels: what is recovered, what is left out together, and what is refused."""

from __future__ import annotations

import tomllib
from typing import Any

import numpy as np
import pytest

from specloop.calibration.figures import LabelledCase, Placed
from specloop.calibration.heads import (
    MemberOdds,
    best_ridge,
    fit,
    fitted_head,
    folds_of,
    head_of,
)
from specloop.config.inline import inline
from specloop.records import GoldCase, Judgement, Message, Verdict
from specloop.stats import Resampling

FEW = Resampling(draws=200)
WEIGHTS, BIAS = np.array([1.2, 0.6, 0.0]), -0.5
NAMES = ("sharp", "dull", "noise")


def drawn(n: int, seed: int = 0, weights: Any = WEIGHTS) -> MemberOdds:
    """Labels that follow from two of three members' log-odds; four cases to a cluster."""
    rng = np.random.default_rng(seed)
    odds = np.clip(rng.normal(0, 1.5, (n, 3)), -6, 6)
    share = 1 / (1 + np.exp(-(BIAS + odds @ weights)))
    kept = (rng.random(n) < share).astype(float)
    return MemberOdds(odds, kept, tuple(f"section {i // 4}" for i in range(n)))


def test_known_weights_are_recovered() -> None:
    found = fit(drawn(4000), ridge=0.0)
    assert found == pytest.approx([BIAS, *WEIGHTS], abs=0.12)


def test_a_stronger_penalty_makes_smaller_weights() -> None:
    cases = drawn(400)
    sizes = [float(np.abs(fit(cases, ridge)[1:]).sum()) for ridge in (0.001, 0.1, 10.0)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[2] < 0.2


def test_labels_that_are_told_apart_perfectly_have_finite_weights() -> None:
    odds = np.array([[6.0, 6.0, 1.0]] * 10 + [[-6.0, -6.0, 1.0]] * 10)
    kept = np.array([1.0] * 10 + [0.0] * 10)
    head = fitted_head(MemberOdds(odds, kept, tuple(f"c{i // 2}" for i in range(20))), NAMES, FEW)
    assert head.weights[0] == pytest.approx(head.weights[1])
    assert 0.1 < head.weights[0] < 5
    assert abs(head.weights[2]) < 0.01


def test_the_head_tells_more_than_the_mean_and_than_each_member() -> None:
    cases = drawn(400)
    head = fitted_head(cases, NAMES, FEW)
    aucs = {one.group: one.value for one in head.aucs}
    fitted, *others = aucs.values()
    assert list(aucs)[1:] == ["mean of the members", "1. sharp", "2. dull", "3. noise"]
    assert fitted is not None
    assert all(other is not None and fitted > other for other in others)
    assert head.weights[0] > head.weights[1] > abs(head.weights[2])
    odds = head.bias + cases.odds @ np.array(head.weights)
    said = odds >= np.log(head.threshold / (1 - head.threshold))
    assert (said == (cases.kept > 0)).mean() > 0.7


def test_members_that_know_nothing_look_like_chance_on_labels_left_out() -> None:
    found: list[float] = []
    for seed in range(20):
        head = fitted_head(drawn(60, seed, np.zeros(3)), NAMES, FEW)
        assert head.aucs[0].value is not None
        found.append(head.aucs[0].value)
    assert 0.4 < np.mean(found) < 0.55


def test_the_penalty_is_strong_where_members_know_nothing() -> None:
    cases = drawn(60, 1, np.zeros(3))
    assert best_ridge(cases, folds_of(cases.clusters)) >= 0.1
    cases = drawn(400)
    assert best_ridge(cases, folds_of(cases.clusters)) <= 0.01


def test_a_cluster_is_left_out_as_a_whole_and_folds_are_about_even() -> None:
    clusters = tuple(f"c{i % 23}" for i in range(200))
    folds = folds_of(clusters)
    assert len({(c, int(f)) for c, f in zip(clusters, folds, strict=True)}) == 23
    sizes = np.bincount(folds)
    assert len(sizes) == 5
    assert sizes.max() - sizes.min() <= 9
    assert folds_of(tuple(reversed(clusters))).tolist() == folds.tolist()[::-1]


def placed(n: int, parts: tuple[float, ...], **more: Any) -> Placed:
    case = GoldCase(
        messages=(Message(role="user", content=f"Question {n}?"),),
        answer=f"Answer {n}",
        rule_text="Be polite.",
        **more,
    )
    verdict = Verdict(rule="r", value="YES" if parts else "unscored", parts=parts)
    judgement = Judgement(answer=case.id, judge="weighted", model="m", verdicts=(verdict,))
    return Placed(LabelledCase(case, n % 2 == 0), (judgement,))


def a_sample(sections: int) -> list[Placed]:
    return [
        placed(n, (0.7 if n % 2 == 0 else 0.4, 0.3), section=(f"s{n // 4 % sections}",))
        for n in range(40)
    ]


def test_cases_without_every_probability_are_left_aside() -> None:
    sample = [*a_sample(10), placed(41, ()), Placed(placed(42, ()).labelled)]
    head = head_of(sample, ("a", "b"), FEW)
    assert head.why == ""
    assert [one.n for one in head.aucs] == [40] * 4
    assert head.weights[0] > 0.5
    assert head.weights[1] == pytest.approx(0, abs=0.01)


def test_labels_of_one_section_hang_together_and_fit_nothing() -> None:
    head = head_of(a_sample(1), ("a", "b"), FEW)
    assert head.weights == ()
    assert "of 1 such groups" in head.why
    assert "label more sections" in head.why


def test_labels_that_share_a_group_over_sections_are_one_cluster() -> None:
    sample = [
        placed(n, (0.7 if n % 2 == 0 else 0.4, 0.3), section=(f"s{n // 4}",), group="one")
        for n in range(40)
    ]
    assert "of 1 such groups" in head_of(sample, ("a", "b"), FEW).why


@pytest.mark.parametrize("kept", [True, False])
def test_labels_of_one_kind_fit_nothing(kept: bool) -> None:
    sample = [one for one in a_sample(10) if one.labelled.is_kept is kept]
    assert "too few hold" in head_of(sample, ("a", "b"), FEW).why
    assert "of 0 such groups" in head_of([], ("a", "b"), FEW).why


def test_a_table_on_one_line_is_toml() -> None:
    table = {
        "name": 'it\'s "odd" ☃\n',
        "members": ["logprob", {"name": "graded", "cite it": True, "n": 3}],
        "weights": (1.5, -0.25, 1e-5),
        "empty": {},
    }
    read = tomllib.loads(f"judge = {inline(table)}")["judge"]
    assert read == {**table, "weights": [1.5, -0.25, 1e-5]}
