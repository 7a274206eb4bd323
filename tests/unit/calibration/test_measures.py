"""What a judge's verdicts are worth, against figures counted by hand."""

from __future__ import annotations

import pytest

from specloop.calibration.measures import (
    MEASUREMENTS,
    Compared,
    accuracy,
    auc,
    auc_within,
    best_threshold,
    kappa,
    kinder,
    lean,
    sensitivity,
    specificity,
    unscored_share,
)
from specloop.records import VerdictValue
from specloop.stats import DEFAULT, Rate, wilson


def table(kept_yes: int, kept_no: int, broken_yes: int, broken_no: int) -> list[Compared]:
    """Cases with the numbers of a table, each a cluster of its own."""
    kinds: list[tuple[int, bool, VerdictValue]] = [
        (kept_yes, True, "YES"),
        (kept_no, True, "NO"),
        (broken_yes, False, "YES"),
        (broken_no, False, "NO"),
    ]
    cases = [(kept, value) for n, kept, value in kinds for _ in range(n)]
    return [Compared(str(i), kept, value) for i, (kept, value) in enumerate(cases)]


def test_the_shares_are_those_of_the_table() -> None:
    cases = table(40, 10, 15, 35)
    assert sensitivity(cases).value == pytest.approx(0.8)
    assert specificity(cases).value == pytest.approx(0.7)
    assert accuracy(cases).value == pytest.approx(0.75)
    assert sensitivity(cases).n == 50


def test_kappa_is_cohens() -> None:
    # Cohen's own form of it: 0.70 agreed, 0.50 by chance.
    found = kappa(table(20, 5, 10, 15))
    assert found.value == pytest.approx(0.4)
    assert found.ci_low is not None
    assert found.ci_low < 0.4 < (found.ci_high or 0)
    assert kappa(table(25, 0, 25, 0)).value == pytest.approx(0.0)


def test_a_judge_that_always_says_yes_has_no_specificity() -> None:
    always = table(30, 0, 20, 0)
    assert sensitivity(always).value == 1.0
    assert specificity(always).value == 0.0
    assert kappa(always).value == pytest.approx(0.0)


def test_verdicts_that_say_neither_are_counted_apart() -> None:
    cases = [*table(8, 2, 2, 8), Compared("x", True, "unscored"), Compared("y", False, "NA")]
    assert accuracy(cases).n == 20
    assert unscored_share(cases).value == pytest.approx(2 / 22)


def test_auc_counts_pairs_and_ties_half() -> None:
    cases = [
        Compared("a", True, "YES", 0.9),
        Compared("b", True, "NO", 0.4),
        Compared("c", False, "NO", 0.4),
        Compared("d", False, "NO", 0.1),
        Compared("e", False, "unscored"),
    ]
    found = auc(cases)
    assert found.value == pytest.approx((2 + 1.5) / 4)
    assert found.n == 4
    assert auc([case for case in cases if case.is_kept]).value is None


def test_auc_within_rules_does_not_count_that_some_rules_are_broken_more_often() -> None:
    cases = [
        Compared(f"{rule} {n}", n < n_kept, "YES", p + 0.01 * (n % 2), rule)
        for rule, n_kept, p in (("often kept", 18, 0.8), ("often broken", 2, 0.2))
        for n in range(20)
    ]
    alone = [Compared(f"x {n}", True, "YES", 0.1, "never broken") for n in range(9)]
    assert (auc(cases).value or 0) > 0.85
    within = auc_within([*cases, *alone])
    assert within.value == pytest.approx(0.5)
    assert within.n == 2 * 18 * 2
    assert within.ci_low is not None
    assert within.ci_low < 0.5 < (within.ci_high or 0)
    assert auc_within(alone) == (None, 0, None, None)


def test_auc_does_not_depend_on_the_order_and_its_interval_draws_clusters() -> None:
    cases = [
        Compared(str(i // 2), i % 2 == 0, "YES", (i * 37 % 100) / 100 + 0.1 * (i % 2 == 0))
        for i in range(60)
    ]
    found = auc(cases)
    assert found == auc(list(reversed(cases)))
    assert found.ci_low is not None
    assert found.ci_low < (found.value or 0) < (found.ci_high or 0)


def test_every_figure_of_no_cases_is_undefined() -> None:
    assert all(measure([], DEFAULT).value is None for measure in MEASUREMENTS.values())


def scored(*pairs: tuple[bool, float | None]) -> list[Compared]:
    return [Compared(str(n), kept, "YES", p) for n, (kept, p) in enumerate(pairs)]


def test_the_best_threshold_divides_kept_from_broken() -> None:
    cases = scored((True, 0.9), (True, 0.4), (False, 0.3), (False, 0.1), (True, None))
    assert best_threshold(cases) == pytest.approx(0.35)
    mixed = scored((True, 0.9), (True, 0.8), (False, 0.85), (False, 0.2), (False, 0.1))
    assert best_threshold(mixed) == pytest.approx(0.5)
    assert best_threshold(scored((True, 0.9), (True, 0.1))) is None
    assert best_threshold(scored((True, 0.5), (False, 0.5))) is None
    assert best_threshold(scored((True, None), (False, None))) is None


def test_figures_without_any_spread_are_undefined_or_not_certain() -> None:
    one_request = [case._replace(cluster="a") for case in table(0, 2, 2, 0)]
    assert kappa(one_request) == Rate(-1.0, 4)
    one_pair = [*table(10, 0, 0, 0), Compared("x", False, "NA")]
    assert kappa(one_pair) == Rate(None, 10)
    perfect = [Compared(str(i), i < 8, "YES", 0.9 if i < 8 else 0.1) for i in range(40)]
    assert auc(perfect) == wilson(8, 8)._replace(n=40)
    alike = [case._replace(probability=0.5) for case in perfect]
    assert auc(alike).value == 0.5
    assert (auc(alike).ci_low or 1) < 0.3


def test_auc_of_many_cases_is_the_share_of_pairs_won() -> None:
    cases = [Compared(str(i // 2), i % 3 == 0, "YES", (i * 37 % 11) / 10) for i in range(200)]
    high, low = ([c.probability or 0 for c in cases if c.is_kept is kept] for kept in (True, False))
    won = [float(h > one) + float(h == one) / 2 for h in high for one in low]
    assert auc(cases).value == pytest.approx(sum(won) / len(won))


def test_a_lean_of_which_one_kind_was_not_seen_may_still_lie_on_both_sides() -> None:
    never_wrong, never_strict = lean(table(20, 0, 0, 20)), lean(table(20, 0, 1, 19))
    assert never_wrong.value == 0
    assert -(never_wrong.ci_low or 0) == never_wrong.ci_high == pytest.approx(0.0876, abs=1e-4)
    assert (never_strict.ci_low or 1) < 0 < (never_strict.ci_high or 0)
    both = lean(table(20, 10, 4, 16))
    assert both.value == pytest.approx(-6 / 50)
    assert (both.ci_low or 0) < -6 / 50 < (both.ci_high or 0)
    assert lean(table(0, 30, 0, 0)).ci_low == -1.0


def test_many_labels_of_a_few_requests_do_not_look_certain() -> None:
    cases = [case._replace(cluster=str(i % 3)) for i, case in enumerate(sorted(table(29, 1, 0, 0)))]
    found = sensitivity(cases)
    assert (found.value, found.n) == (pytest.approx(29 / 30), 30)
    assert found.ci_low == pytest.approx(wilson(2.9, 3).ci_low)
    alone = [case._replace(cluster=str(i)) for i, case in enumerate(cases)]
    assert sensitivity(alone) == wilson(29, 30)


def test_a_judge_that_is_blind_to_length_has_no_length_bias() -> None:
    """Long answers are kept more often; a judge that always says YES, or is right as often of
    either, is no kinder to them."""

    def side(name: str, n_kept: int, n_broken: int, right: int) -> list[Compared]:
        labels = [True] * n_kept + [False] * n_broken
        return [
            Compared(f"{name} {i}", kept, "YES" if kept == (i % 5 < right) else "NO")
            for i, kept in enumerate(labels)
        ]

    blind = kinder(side("long", 90, 10, 4), side("short", 10, 90, 4))
    assert blind.value == pytest.approx(0.0)
    assert blind.ci_low is not None
    assert blind.ci_high is not None
    assert -0.3 < blind.ci_low < 0 < blind.ci_high < 0.3
    kind = [Compared(str(i), i < 90, "YES") for i in range(100)]
    other = [Compared(f"s{i}", i < 10, "YES") for i in range(100)]
    assert kinder(kind, other).value == 0.0
    assert kinder(side("long", 50, 50, 5), []).value is None
    assert kinder(side("long", 50, 0, 5), side("short", 0, 50, 5)).value is None


def test_a_judge_with_probabilities_of_its_easy_cases_alone_has_no_auc() -> None:
    easy = [Compared(str(i), i % 2 == 0, "YES", 0.9 if i % 2 == 0 else 0.1) for i in range(20)]
    assert auc(easy).value == 1.0
    hard = [Compared(f"h{i}", True, "NO") for i in range(5)]
    assert auc([*easy, *hard]) == (None, 0, None, None)
    assert auc_within([*easy, *hard]).value is None
    unread = [one._replace(value="unscored") for one in hard]
    assert auc([*easy, *unread]).value == 1.0
