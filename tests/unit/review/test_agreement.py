"""How far two people agree, and where they differ."""

from __future__ import annotations

import pytest
from tests.review_fixture import case

from specloop.records import GoldLabel, GoldValue
from specloop.review.agreement import agreement_table, agreements, differences_table
from specloop.review.candidates import differing
from specloop.stats import DEFAULT
from specloop.terminal import text_of

CASES = [case(number) for number in range(10)]


def labels(by: str, values: list[GoldValue], **more: object) -> list[GoldLabel]:
    return [
        GoldLabel.model_validate(
            {"case": one.id, "value": value, "by": by, "kind": "person"} | more
        )
        for one, value in zip(CASES, values, strict=False)
    ]


def test_kappa_and_the_share_alike_are_those_of_the_books() -> None:
    ada = labels("Ada", ["YES"] * 5 + ["NO"] * 4 + ["cannot tell"])
    bob = labels("Bob", ["YES"] * 4 + ["NO"] * 5 + ["YES"])
    (one,) = agreements(CASES, [*bob, *ada], DEFAULT)
    assert (one.first, one.second) == ("Ada", "Bob")
    assert (one.same.value, one.same.n) == (0.8, 10)
    # Nine cases that both decide: 8 alike, chance (5 * 4 + 4 * 5) / 81.
    chance = 40 / 81
    assert one.kappa.value == pytest.approx((8 / 9 - chance) / (1 - chance))
    assert one.kappa.n == 9
    assert one.kappa.ci_low is not None
    assert one.kappa.ci_low < (one.kappa.value or 0)
    assert {(d.first.value, d.second.value) for d in one.differences} == {
        ("YES", "NO"),
        ("cannot tell", "YES"),
    }
    assert "0.80" in text_of(agreement_table([one]))
    assert "cannot tell" in text_of(differences_table(one))


def test_kappa_is_undefined_where_both_always_say_the_same_word() -> None:
    (one,) = agreements(CASES, labels("Ada", ["YES"] * 3) + labels("Bob", ["YES"] * 3), DEFAULT)
    assert (one.same.value, one.kappa.value, one.kappa.n) == (1.0, None, 3)


def test_models_are_called_so_and_settle_nothing_nor_does_settling_count() -> None:
    ada = labels("Ada", ["YES", "NO"])
    model = labels("openai:gpt", ["NO", "NO"], kind="model")
    settled = labels("Ada", ["NO", "NO"], settles=True)
    assert agreements(CASES, [*ada, *settled], DEFAULT) == []
    (one,) = agreements(CASES, [*ada, *model, *settled], DEFAULT)
    assert (one.first, one.second, one.same.value) == ("Ada", "openai:gpt (model)", 0.5)
    assert differing(CASES, [*ada, *model]) == []


def test_what_somebody_has_settled_is_settled() -> None:
    both = labels("Ada", ["YES", "YES", "NO"]) + labels("Bob", ["NO", "YES", "NA"])
    assert differing(CASES, both) == [CASES[0], CASES[2]]
    settled = labels("Cem", ["YES"], settles=True)
    assert differing(CASES, [*both, *settled]) == [CASES[2]]
    third = labels("Cem", ["YES"])
    assert differing(CASES, [*both, *third]) == [CASES[0], CASES[2]]
