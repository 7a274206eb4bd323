"""How far a judge is believed, and how many labels an interval needs."""

from __future__ import annotations

import pytest

from specloop.calibration.belief import (
    USUAL,
    Threshold,
    belief,
    believed,
    errors_of,
    family_beliefs,
    undecided,
)
from specloop.calibration.needed import Supposed, labels_needed
from specloop.judging.likeness import JudgeId
from specloop.records import Certificate, Figure, Rule
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


def test_a_judge_that_leaves_the_hard_ones_aside_is_not_certified() -> None:
    made = certified(100, 25, 100)
    kept, _ = made.figures
    own = Figure(name="specificity", judge="", n_unscored=75, **wilson(25, 25)._asdict())
    dodges = made.model_copy(update={"figures": (kept, own)})
    assert belief(dodges) == "weak"
    assert undecided(dodges) == "75% of broken rules"
    (family,) = family_beliefs(dodges, [a_rule("Be kind.", "tone")])
    assert "says neither kept nor broken of 75% of broken rules" in family.needs
    few = own.model_copy(update={"n_unscored": 6})
    assert belief(dodges.model_copy(update={"figures": (kept, few)})) == "certified"


def test_without_a_certificate_or_labels_of_the_group_nothing_is_measured() -> None:
    assert belief(None) == "unmeasured"
    assert belief(certified(98, 98, 100), "family: tone") == "unmeasured"
    assert belief(certified(98, 98, 100, "family: tone"), "family: tone") == "certified"
    assert belief(certified(98, 98, 100), threshold=Threshold(0.99, 0.99)) == "weak"


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


def a_rule(text: str, family: str) -> Rule:
    return Rule(section="s", text=text, quote="", start=0, end=1, family=family)


def test_families_have_their_own_belief_and_say_what_is_needed() -> None:
    both = certified(98, 97, 100)
    group = certified(85, 97, 100, "family: tone")
    certificate = both.model_copy(update={"figures": both.figures + group.figures})
    rules = [a_rule("Be kind.", "tone"), a_rule("Be true.", "truth")]
    tone, truth = family_beliefs(certificate, rules)
    assert (tone.level, tone.n_kept, tone.rules) == ("weak", 100, (rules[0].id,))
    assert "more labels of kept rules" in tone.needs
    assert (truth.level, truth.n_kept) == ("unmeasured", 0)
    assert (
        truth.needs == "about 62 more labels of kept rules and about 62 more labels of broken rules"
    )
    assert errors_of(certificate, "family: truth") is None
    assert errors_of(certificate, "family: tone") is not None
    (hopeless,) = family_beliefs(certified(60, 97, 100), rules[:1])
    assert "no number of labels lifts that above 80%" in hopeless.needs
    (always_yes,) = family_beliefs(certified(100, 0, 100), rules[:1])
    assert "right about 0% of broken rules, and no number of labels" in always_yes.needs


def test_other_bars_than_the_usual_ones_are_told() -> None:
    rules, lower = [a_rule("Be kind.", "tone")], Threshold(0.6, 0.7)
    made = certified(80, 90, 100)
    usual, low = (believed([made], JudgeId.of(made), rules, bars) for bars in (USUAL, lower))
    assert (usual.families[0].level, usual.fit.remarks) == ("weak", ())
    assert low.families[0].level == "certified"
    (told,) = low.fit.remarks
    assert "sensitivity above 0.6 and specificity above 0.7" in told


def test_labels_without_families_speak_of_all_rules_alike() -> None:
    rules = [a_rule("Be kind.", "tone"), a_rule("Be true.", "")]
    assert {one.level for one in family_beliefs(certified(98, 97, 100), rules)} == {"certified"}
    assert {one.level for one in family_beliefs(None, rules)} == {"unmeasured"}
