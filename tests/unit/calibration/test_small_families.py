"""Families with few labels, which are measured together."""

from __future__ import annotations

from dataclasses import replace

from tests.judges_fixture import judged_data

from specloop.calibration.belief import SMALL, believed, family_beliefs, group_of, small_families
from specloop.calibration.certify import certificate, plan
from specloop.calibration.table import groups_tables, remarks
from specloop.calibration.transport import JudgedVerdict, belief_about
from specloop.evaluation.belief_text import TOGETHER
from specloop.judges import judges
from specloop.judging.grader import Grader
from specloop.judging.likeness import JudgeId
from specloop.records import (
    Certificate,
    Cost,
    GoldCase,
    GoldLabel,
    Judgement,
    Message,
    Rule,
    Verdict,
)
from specloop.report.comparison import contrast_of
from specloop.report.grids import GridCell
from specloop.report.judges import judges_part
from specloop.stats import Resampling

FEW = {"admit": (0, 28), "funny": (28, 0), "tools": (12, 12)}


def measured(families: dict[str, tuple[int, int]], wrong: str = "") -> Certificate:
    """A judge on so many kept and broken labels of each family, right but on one of them."""
    grader = Grader("joint", judges.build("joint"), "m")
    cases: list[GoldCase] = []
    labels: list[GoldLabel] = []
    judgements: dict[str, Judgement] = {}
    for family, (n_kept, n_broken) in families.items():
        for number in range(n_kept + n_broken):
            is_kept = number < n_kept
            case = GoldCase(
                messages=(Message(role="user", content=f"{family} {number}?"),),
                answer=f"Answer {number}",
                rule_text=f"Rule of {family}.",
                family=family,
                answered_by="target",
            )
            said = "YES" if is_kept == (family != wrong) else "NO"
            verdict = Verdict(rule=case.id, value=said)
            cases.append(case)
            labels.append(
                GoldLabel(case=case.id, value="YES" if is_kept else "NO", by="Ann", kind="person")
            )
            judged = grader.blank(case.id).model_copy(update={"cost": Cost(n_calls=1)})
            judgements[case.id] = judged.with_verdicts((verdict,))
    planned = plan(cases, labels, ("rows:x",))
    results = [judgements[one.case.id] for one in planned.cases]
    return certificate(planned, grader, [results], Resampling(draws=200))


def a_rule(family: str) -> Rule:
    text = f"Rule of {family}."
    return Rule(section="s", text=text, quote="", start=0, end=1, family=family)


def test_families_with_few_labels_are_measured_by_the_labels_of_just_these() -> None:
    made = measured({"tone": (30, 30), **FEW}, wrong="tone")
    assert set(small_families(made)) == set(FEW)
    kept, broken = (made.figure(name, SMALL) for name in ("sensitivity", "specificity"))
    assert kept
    assert broken
    assert (kept.value, kept.n, broken.value, broken.n) == (1.0, 40, 1.0, 40)
    rules = [a_rule(family) for family in ("tone", *FEW, "unheard", "")]
    by_family = {one.family: one for one in family_beliefs(made, rules)}
    for family in FEW:
        one = by_family[family]
        assert (one.level, one.group, one.n_kept, one.n_broken) == ("certified", SMALL, 40, 40)
    # A large family keeps its own figures, and one without labels has none.
    assert (by_family["tone"].level, by_family["tone"].group) == ("weak", "family: tone")
    assert by_family["unheard"].level == "unmeasured"
    assert by_family["unheard"].group == "family: unheard"
    assert by_family[""].group == ""
    assert any(SMALL in table.columns[0].cells for table in groups_tables(made))
    assert any("measured together, as each has fewer than 20" in line for line in remarks(made))


def test_the_page_says_which_families_are_measured_together() -> None:
    data = replace(judged_data(), certificates=(measured({"tone": (30, 30), **FEW}),))
    (card,) = judges_part(data, contrast_of(data)).cards
    levels = dict(card.facts)["By family"]
    assert f"funny ✓ certified ({TOGETHER})" in levels
    assert "tone ✓ certified" in levels
    assert card.groups
    (row,) = (one for one in card.groups.rows if one.title == SMALL)
    assert row.cells[-1] == GridCell("✓ certified")


def test_one_small_family_has_its_own_labels_alone() -> None:
    made = measured({"tone": (30, 30), "funny": (28, 0)})
    assert made.figure("sensitivity", SMALL) is None
    assert group_of(made, "funny") == "family: funny"
    (funny,) = family_beliefs(made, [a_rule("funny")])
    assert funny.level == "unmeasured"


def test_small_families_that_are_few_together_stay_unmeasured() -> None:
    made = measured({"tone": (30, 30), "admit": (0, 12), "funny": (9, 0)})
    for one in family_beliefs(made, [a_rule("admit"), a_rule("funny")]):
        assert (one.level, one.n_kept, one.n_broken) == ("unmeasured", 9, 12)
        assert "more labels of kept rules" in one.needs


def test_a_rule_of_a_small_family_that_no_label_is_about_lowers_the_level() -> None:
    made = measured({"tone": (30, 30), **FEW})
    known, new = a_rule("funny"), a_rule("admit").model_copy(update={"text": "Another rule."})
    verdicts = [JudgedVerdict(rule, "", 8, "YES") for rule in (known, new)]
    beliefs = believed([made], JudgeId.of(made), [known, new])
    found = belief_about("joint:m", beliefs, verdicts, ["target"])
    levels = {one.family: (one.level, one.group) for one in found.families}
    assert levels == {"funny": ("certified", SMALL), "admit": ("weak", SMALL)}
    assert "50% of the verdicts are on rules without labels" in found.transport[0]
