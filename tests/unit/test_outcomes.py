import pytest

from specloop.outcomes import holm, outcome_of, settled
from specloop.records import Figure

FOUND = Figure(name="sar", value=0.1, n=9, ci_low=0.01, ci_high=0.2, p_value=0.03)


def test_holm_equals_published_examples() -> None:
    # Four p-values at 0.05: the smallest two are rejected (Wikipedia, "Holm-Bonferroni method").
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    # R's p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm").
    found = holm([0.01, 0.02, 0.03, 0.04, 0.05])
    assert found == pytest.approx((0.05, 0.08, 0.09, 0.09, 0.09))
    assert holm([0.5, None, 0.9]) == (1.0, None, 1.0)


def test_a_difference_that_holms_correction_does_not_leave_is_within_noise() -> None:
    (alone,) = settled([FOUND])
    assert (alone.outcome, alone.p_holm) == ("better", 0.03)
    first, second = settled([FOUND, FOUND])
    assert (first.outcome, second.outcome) == ("noise", "noise")
    assert first.p_holm == 0.06
    assert settled([FOUND, FOUND], confidence=0.9)[0].outcome == "better"


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [(0.01, 0.2, "better"), (-0.01, 0.2, "noise"), (-0.3, -0.1, "worse"), (None, None, "unknown")],
)
def test_without_a_p_value_the_interval_alone_decides(
    low: float | None, high: float | None, outcome: str
) -> None:
    (found,) = settled([Figure(name="rcs", value=0.1, n=9, ci_low=low, ci_high=high)])
    assert outcome_of(found) == outcome


def test_the_way_a_figure_is_better_decides_what_a_fall_says() -> None:
    fall = FOUND.model_copy(update={"value": -0.1, "ci_low": -0.2, "ci_high": -0.05})
    assert [settled([fall], way)[0].outcome for way in ("up", "down", "neither")] == [
        "worse",
        "better",
        "changed",
    ]


def test_unscored_cases_that_could_turn_a_difference_around_leave_it_open() -> None:
    bounded = FOUND.model_copy(update={"n_unscored": 2, "bound_low": -0.1, "bound_high": 0.3})
    assert settled([bounded])[0].outcome == "open"
    assert settled([bounded.model_copy(update={"n_unscored": 0})])[0].outcome == "better"


def test_what_was_not_compared_is_unknown() -> None:
    assert outcome_of(None) == outcome_of(FOUND) == "unknown"
