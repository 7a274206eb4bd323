"""How far a judge is believed, and how many labels an interval needs."""

from __future__ import annotations

import pytest

from specloop.calibration.belief import AnswerSample, Threshold, belief, corrected_rate, differences
from specloop.calibration.needed import Supposed, labels_needed
from specloop.records import Certificate, Figure
from specloop.stats import wilson


def certified(right_kept: int, right_broken: int, n: int, group: str = "") -> Certificate:
    """A certificate with so many right verdicts of `n` kept rules and of `n` broken ones."""
    shares = {"sensitivity": wilson(right_kept, n), "specificity": wilson(right_broken, n)}
    figures = (
        Figure(name=name, group=group, judge="", **rate._asdict()) for name, rate in shares.items()
    )
    return Certificate(
        judge="joint",
        settings={},
        model="m",
        request_digest="",
        part="certify",
        gold=("rows:x",),
        gold_digest="",
        labellers=(),
        figures=tuple(figures),
    )


@pytest.mark.parametrize(
    ("right_kept", "right_broken", "n", "told"),
    [
        (98, 97, 100, "certified"),
        (85, 97, 100, "weak"),
        (97, 85, 100, "weak"),
        (10, 10, 10, "unmeasured"),
        (20, 20, 20, "certified"),
    ],
)
def test_a_judge_is_believed_as_far_as_its_intervals_reach(
    right_kept: int, right_broken: int, n: int, told: str
) -> None:
    assert belief(certified(right_kept, right_broken, n)) == told


def test_without_a_certificate_or_labels_of_the_group_nothing_is_measured() -> None:
    assert belief(None) == "unmeasured"
    assert belief(certified(98, 98, 100), "family: tone") == "unmeasured"
    assert belief(certified(98, 98, 100, "family: tone"), "family: tone") == "certified"
    assert belief(certified(98, 98, 100), threshold=Threshold(0.99, 0.99)) == "weak"


def test_a_rate_is_corrected_by_the_certificate() -> None:
    judged = wilson(740, 1000)
    found = corrected_rate(judged, certified(90, 90, 100))
    assert found is not None
    assert found.value == pytest.approx(0.8)
    assert (found.ci_high or 0) - (found.ci_low or 0) > 0.06 > 2 * 0.027
    assert corrected_rate(judged, certified(50, 50, 100)) is None
    assert corrected_rate(judged, certified(90, 90, 100, "family: tone")) is None


def test_what_the_labels_do_not_hold_is_said() -> None:
    labelled = AnswerSample(range(100, 200), frozenset({"a"}), frozenset({"Tone"}))
    assert not list(differences(labelled, labelled))
    other = AnswerSample([1000] * 10, frozenset({"a", "b"}), frozenset({"Tone", "Truth"}))
    said = list(differences(labelled, other))
    assert said[0] == "no labels on answers of b"
    assert said[1] == "no labels on rules of Truth"
    assert said[2].startswith("100% of the answers are shorter than 105 or longer than 194")


def test_a_better_judge_needs_fewer_labels_and_a_weak_one_cannot_be_saved() -> None:
    good, fair = Supposed(0.8, 0.9, 0.9, 500), Supposed(0.8, 0.8, 0.8, 500)
    few, more = labels_needed(good, 0.1), labels_needed(fair, 0.1)
    assert few is not None
    assert more is not None
    assert 50 < few < more < 1000
    width = good.half_width(few)
    assert width is not None
    assert width <= 0.1
    assert labels_needed(fair, 0.03) is None
    assert labels_needed(Supposed(0.8, 0.4, 0.5, 500), 0.3) is None
