"""Whether what is judged resembles what was labelled."""

from __future__ import annotations

import pytest

from specloop.calibration.belief import Believed, FittingCertificate
from specloop.calibration.figures import LabelledCase, Placed, sample_of
from specloop.calibration.transport import JudgedVerdict, asked_together, lowered, mismatches
from specloop.judges import judges
from specloop.records import (
    Answer,
    Case,
    Certificate,
    FamilyBelief,
    Figure,
    GoldSample,
    Message,
    Rule,
    gold_case,
)

KIND = Rule(section="s", text="Be kind.", quote="", start=0, end=1)
OTHER = Rule(section="s", text="Be true.", quote="", start=2, end=3)
SAMPLE = GoldSample(rules=(KIND.id,), lengths=(20, 200), said_kept=0.5, doubt=0.2)


def a_certificate(sample: GoldSample | None = SAMPLE, n: int = 60) -> Certificate:
    return Certificate(
        judge="logprob",
        settings={},
        model="m",
        request_digest="",
        part="certify",
        gold=("rows:x",),
        gold_digest="",
        labellers=(),
        figures=(
            Figure(name="lean", group="answers of base", judge="", value=0.0, n=n),
            Figure(name="lean", group="answers up to 80 characters", judge="", value=0.0, n=n),
            Figure(name="sensitivity", group="section: Tone", judge="", value=1.0, n=n),
        ),
        sample=sample,
    )


def verdicts(n: int = 10, **changes: object) -> list[JudgedVerdict]:
    one = JudgedVerdict(KIND, "Tone", 100, "YES", 0.9)._replace(**changes)
    half = one._replace(value="NO") if "value" not in changes else one
    return [one, half] * (n // 2)


def test_what_resembles_the_labelled_answers_has_no_mismatch() -> None:
    assert not list(mismatches(a_certificate(), verdicts(), "base"))
    assert not list(mismatches(a_certificate(), [], "other"))


def test_of_verdicts_to_come_rules_sections_and_models_are_compared() -> None:
    expected = [JudgedVerdict(KIND, "Tone"), JudgedVerdict(OTHER, "Truth")]
    assert not list(mismatches(a_certificate(), expected[:1], "base"))
    told = [one.words for one in mismatches(a_certificate(), expected, "base", "other")]
    assert told == [
        "no labels on answers of other; there are on answers of base",
        "50% of the rules are without labels: “Be true.”",
        "50% of the rules are of sections without labels: Truth",
    ]


@pytest.mark.parametrize(
    ("changes", "model", "said", "lowers"),
    [
        ({}, "dpo", "no labels on answers of dpo; there are on answers of base", True),
        ({"rule": OTHER}, "base", "100% of the verdicts are on rules without labels", True),
        ({"length": 900}, "base", "shorter than 20 or longer than 200", True),
        ({"probability": 0.6}, "base", "more unsure here than on the labelled", True),
        ({"value": "YES"}, "base", "says kept of 100% here, of 50% on the labelled", False),
    ],
)
def test_each_mismatch_is_named_and_most_certify_nothing(
    changes: dict[str, object], model: str, said: str, lowers: bool
) -> None:
    (found,) = mismatches(a_certificate(), verdicts(**changes), model)
    assert said in found.words
    assert found.lowers is lowers
    family = FamilyBelief(family="tone", level="certified")
    after = lowered(family, [found])
    assert after.level == ("weak" if lowers else "certified")
    assert bool(after.needs) is lowers


def test_a_few_verdicts_on_other_rules_are_said_and_lower_nothing() -> None:
    some = [*verdicts(), JudgedVerdict(OTHER, "Tone", 100, "NO", 0.9)]
    (found,) = mismatches(a_certificate(), some, "base")
    assert "9% of the verdicts are on rules without labels: “Be true.”" in found.words
    assert not found.lowers


def test_few_labels_on_a_model_and_a_certificate_without_a_sample_certify_nothing() -> None:
    (few,) = mismatches(a_certificate(n=10), verdicts(), "base")
    assert (few.lowers, few.needs) == (True, "about 30 labels on answers of base")
    found = list(mismatches(a_certificate(None), verdicts(), "base"))
    assert any("does not say what its answers were like" in one.words for one in found)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("sequential", ""),
        ("joint", "up to 5 rules in one call"),
        ({"name": "joint", "chunk": 2}, "up to 2 rules in one call"),
        ({"name": "joint", "chunk": 1}, ""),
        ({"name": "panel", "members": ["sequential", "joint", "graded"]}, "up to 5 rules in one"),
    ],
)
def test_a_judge_that_reads_several_rules_at_once_was_measured_on_one(
    table: str | dict[str, object], said: str
) -> None:
    judge = judges.build(table)
    measured = Believed(FittingCertificate(a_certificate()), [])
    told = list(asked_together(measured, judge, 5))
    assert bool(told) is bool(said)
    assert said in " ".join(told)
    assert not list(asked_together(measured, judge, 1))
    assert not list(asked_together(Believed(FittingCertificate(None), []), judge, 5))


def test_a_rule_with_labels_stays_one_whose_section_is_called_otherwise_now() -> None:
    """As after an update: the rule's id and its section's name are other ones."""
    asked = Case(messages=(Message(role="user", content="Hi?"),), side="permitted")
    answer = Answer(case=asked.id, model="base", text="Hello.")
    known = a_certificate(
        sample_of([Placed(LabelledCase(gold_case(asked, answer, KIND), is_kept=True))])
    )
    moved = KIND.model_copy(update={"id": "another", "section": "t"})
    told = [one.words for one in mismatches(known, [JudgedVerdict(moved, "Manner")], "base")]
    assert told == []
