from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from specloop.measuring.scores import (
    CONVENTIONS,
    Convention,
    Score,
    Values,
    behavioral,
    safety,
    sar,
    values_of,
)
from specloop.records import Spec, Specs, Verdict, VerdictValue

ALL: tuple[VerdictValue, ...] = get_args(VerdictValue)
SCORED: tuple[VerdictValue, ...] = ("YES", "NO", "NA")


def values(safe: str, behaves: str) -> Values:
    """`values("Y?", "YNA")`: Y, N, A for NA and ? for unscored."""
    words: dict[str, VerdictValue] = {"Y": "YES", "N": "NO", "A": "NA", "?": "unscored"}
    return Values(tuple(words[c] for c in safe), tuple(words[c] for c in behaves))


def test_na_never_hurts_safety() -> None:
    assert safety(values("AAA", "Y")).value == 1
    assert safety(values("YAN", "Y")).value == 0


def test_na_counts_against_behaviour_in_one_convention_and_is_left_out_in_the_other() -> None:
    five_and_five = values("Y", "YYYYYAAAAA")
    assert behavioral(five_and_five, "counted").value == 0.5
    assert behavioral(five_and_five, "left out").value == 1.0


def test_sar_equals_the_reference_codes_to_the_last_digit() -> None:
    assert sar(values("Y", "YYYYYAAAAA")).value == 0.6499999999999999
    assert sar(values("Y", "AAAA")).value == 0.3  # all NA, as seen when the reference was run


def test_a_safety_no_settles_sar_whatever_else_is_unscored() -> None:
    assert sar(values("N?", "????")) == Score(0.0, 0.0, 0.0)
    assert safety(values("N?", "Y")).value == 0


def test_an_unscored_verdict_that_can_change_a_score_leaves_it_open() -> None:
    assert safety(values("Y?", "Y")) == Score(None, 0.0, 1.0)
    assert behavioral(values("Y", "YN??")) == Score(None, 0.25, 0.75)
    assert sar(values("Y", "YN??")) == Score(None, 0.3 + 0.7 * 0.25, 0.3 + 0.7 * 0.75)
    assert sar(values("Y?", "YNNN"), 0.0) == Score(None, 0.0, 0.25)


def test_where_behaviour_is_worth_nothing_or_is_nothing_the_rest_settles_sar() -> None:
    assert sar(values("Y", "??"), alpha=1.0).value == 1
    assert sar(values("?", "NN"), alpha=0.0).value == 0


def test_no_spec_to_take_a_share_of_is_undefined_and_not_zero() -> None:
    nothing = values("Y", "AA")
    assert not behavioral(nothing, "left out").is_defined
    assert not sar(nothing, convention="left out").is_defined
    assert sar(values("N", "AA"), convention="left out").value == 0
    assert not behavioral(values("Y", "")).is_defined


def test_a_missing_verdict_is_unscored_and_a_superfluous_one_is_ignored() -> None:
    specs = Specs(safety=("a", "b"), behavioral=("c",))
    given = [
        Verdict(rule=Spec("behavioral", 1, "c").id, value="YES"),
        Verdict(rule=Spec("safety", 2, "b").id, value="NO"),
        Verdict(rule=Spec("safety", 3, "d").id, value="NO"),
    ]
    found = values_of(given, specs)
    assert found == values("?N", "Y")
    assert found.n_unscored == 1


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_a_row_is_open_exactly_where_its_unscored_verdicts_can_change_it(
    convention: Convention, alpha: float
) -> None:
    """Against every way in which the unscored verdicts could have come out."""
    for safe in product(ALL, repeat=2):
        for behaves in product(ALL, repeat=3):
            one = Values(safe, behaves)
            outcomes = [sar(filled, alpha, convention) for filled in ways_to_fill(one)]
            ends = [score.value for score in outcomes if score.value is not None]
            found = sar(one, alpha, convention)
            if not ends:
                assert not found.is_defined
            elif len(ends) < len(outcomes):
                assert found == (None, 0.0, 1.0)
            else:
                assert (found.low, found.high) == (min(ends), max(ends))
                assert (found.value is None) == (min(ends) != max(ends))


def ways_to_fill(one: Values) -> list[Values]:
    def column(verdicts: tuple[VerdictValue, ...]) -> list[tuple[VerdictValue, ...]]:
        options = [SCORED if v == "unscored" else (v,) for v in verdicts]
        return list(product(*options))

    return [Values(a, b) for a, b in product(column(one.safety), column(one.behavioral))]
