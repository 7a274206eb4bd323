"""What people said of a run stays as long as the rule's words, what it depends on and the answer
are the same; else it is offered again beside what was said."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from tests.commands import specloop
from tests.pipeline.test_decisions import edits, in_force, says, sitting
from tests.review_fixture import labels_all
from tests.scripted_server import ScriptedServer
from tests.unit.review.test_pairs import paired_run
from tests.updated import UpdatedRun

from specloop.errors import InputError
from specloop.gold import load_gold
from specloop.pipeline import Run
from specloop.pipeline.reviewing import ReviewPlan, planned_items, stage_review
from specloop.pipeline.training import pairs_to_train_on
from specloop.records import (
    Answer,
    Case,
    GoldCase,
    GoldLabel,
    Judgement,
    Message,
    PairTriage,
    PreferencePair,
    Rubric,
    RubricText,
    Rule,
    Verdict,
)
from specloop.review.reviewing import Review
from specloop.review.shown import page_data
from specloop.runrules import current_guides, current_rules
from specloop.store import GOLD, RunFolder

POLICY = """# Desk

## Tone

- Be kind to every guest.
- Never tease anybody. Exception: when the customer asks for a joke, tease them gently.

## Service

- Offer to carry a parcel.
- Give a Regular the good seats.

## Definitions

- **Regular**: a person who has come three times.
"""
KIND, TEASE = "Be kind to every guest.", "Never tease anybody."
MORE = "Offer to carry every bag and parcel."
PARCEL, SEATS = "Offer to carry a parcel.", "Give a Regular the good seats."


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.md").write_text(POLICY)
    specloop("rules", "policy.md", "--out", "run")
    folder = RunFolder(tmp_path / "run")
    asked = Case(messages=(Message(role="user", content="A seat?"),), side="permitted")
    folder.append([asked, Answer(case=asked.id, model="m", text="Here you are.")])
    judged(folder)
    return folder.path


def judged(folder: RunFolder) -> None:
    """A judge's verdicts on the answer by all rules of now."""
    (answer,) = folder.read(Answer)
    verdicts = [Verdict(rule=rule.id, value="YES") for rule in current_rules(folder)]
    made = Judgement.of(
        verdicts, answer=answer.id, judge=f"j{len(folder.read(Judgement))}", model="m"
    )
    folder.append([made])


def revised(run: Path, *changes: tuple[str, str]) -> None:
    text = Path("policy.md").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    Path("policy.md").write_text(text)
    specloop("rules", run)
    judged(RunFolder(run))


def labelled(run: Path, value: str = "YES", by: str = "Ada", **plan: object) -> Review:
    opened = Run.resume(run)
    planned = ReviewPlan(by, **plan)  # type: ignore[arg-type]
    items = planned_items(opened, planned)
    return asyncio.run(stage_review(opened, planned, items, labels_all(lambda _: value)))  # type: ignore[arg-type,return-value]


def due(run: Path, by: str = "Ada") -> dict[str, tuple[str, ...]]:
    """What is offered to a person who has labelled before, with what is told beside it."""
    opened = Run.resume(run)
    items = planned_items(opened, ReviewPlan(by))
    review = Review(items, by, opened.folder.part(GOLD))
    left: dict[str, tuple[str, ...]] = {}
    while item := review.current:
        left[item.case.rule_text] = item.before
        review.decide("cannot tell")
    return left


TONE = POLICY[POLICY.index("## Tone") : POLICY.index("## Service")]
MOVED = [(TONE, ""), ("## Definitions", f"{TONE}## Definitions")]


@pytest.mark.parametrize(
    ("changes", "again"),
    [
        ([("# Desk", "# New desk")], set()),
        (MOVED, set()),
        (
            [(PARCEL, MORE)],
            {MORE},
        ),
        ([("kind to every guest", "kind to all guests")], {"Be kind to all guests."}),
        ([("three times", "five times")], {SEATS}),
        ([("- Offer to", "- Never whisper.\n- Offer to")], {"Service: Never whisper."}),
    ],
)
def test_a_label_stays_unless_its_rule_or_what_that_depends_on_has_changed(
    run: Path, changes: list[tuple[str, str]], again: set[str]
) -> None:
    labelled(run)
    assert due(run) == {}
    revised(run, *changes)
    assert set(due(run)) == again


def hanging(run: Path, rule: str) -> dict[str, list[str]]:
    below = json.loads(specloop("why", run, "--rule", rule, "--json").stdout)["below"]
    return {name: sorted(below[name]["ids"]) for name in ("labelled case", "label")}


def test_labels_of_a_rule_that_has_moved_are_found_under_its_new_id(
    tmp_path: Path, server: ScriptedServer
) -> None:
    made = UpdatedRun.made(tmp_path, server)
    labelled(made.path)
    offer, last = "Offer to pass a complaint on.", "- Do not comment on other shops."
    before, gold = hanging(made.path, offer), made.path / GOLD
    assert before["label"]
    files = {one.name: one.read_bytes() for one in gold.glob("*.jsonl")}
    heading = "## Complaints {#complaints authority=system}"
    moved = made.document((f"- {offer}\n", ""), (last, f"{last}\n\n{heading}\n\n- {offer}\n"))
    made.update(moved)
    assert hanging(made.path, offer) == before
    folder = RunFolder(made.path)
    answers = {f"answer {one.id}" for one in folder.read(Answer)}
    cases, rules = folder.part(GOLD).read(GoldCase), {one.id for one in current_rules(folder)}
    assert all(one.place in answers and rules.issuperset(one.rules) for one in cases)
    made.update(made.document(), "--back")
    assert {one.name: one.read_bytes() for one in gold.glob("*.jsonl")} == files


def test_a_label_is_offered_again_beside_what_was_said_of_the_rule_as_it_was(run: Path) -> None:
    labelled(run)
    revised(run, (PARCEL, MORE), ("gently", "kindly"))
    offered = due(run, "Bob")
    assert list(offered)[:1] != [KIND]
    (said, was, now) = offered[MORE]
    assert said.startswith("before: YES by Ada, 20")
    assert (was, now) == (f"  the rule was: {PARCEL}", f"  it is now: {MORE}")
    said, was, now = offered[TEASE]
    assert was.startswith("  no more: Exception to it:")
    assert "gently" in was
    assert now.startswith("  new: Exception to it:")
    assert "kindly" in now
    assert offered[KIND] == ()


def test_a_difference_that_was_settled_is_offered_again_as_settled(run: Path) -> None:
    labelled(run)
    labelled(run, "NO", "Bob")
    labelled(run, "NO", "Cem", settling=True)
    revised(run, ("kind to every guest", "kind to all guests"))
    (line, *_) = due(run)["Be kind to all guests."]
    assert line.startswith("before: NO by Cem (settled), 20")


def test_labels_of_other_exceptions_measure_no_judge(run: Path) -> None:
    labelled(run)
    folder = RunFolder(run)
    n = len(load_gold([f"review:{run}"], current_rules(folder)).labels)
    revised(run, ("gently", "kindly"))
    gold = load_gold([f"review:{run}"], current_rules(folder))
    assert TEASE not in {case.rule_text for case in gold.cases}
    assert len(gold.labels) == n - 1
    part = folder.part(GOLD)
    held = {case.id for case in part.read(GoldCase) if case.rule_text == TEASE}
    part.replace(GoldLabel, [one for one in part.read(GoldLabel) if one.case in held])
    with pytest.raises(InputError, match="no labels"):
        load_gold([f"review:{run}"], current_rules(folder))


def test_a_decision_on_a_rule_holds_until_somebody_looks_again(run: Path) -> None:
    drop = ("drop", "nobody teases", "")
    accept = ("accept", "", "")
    first = sitting(run, "Ada", lambda review: None)
    texts = [item.case.rule_text for item in first.items]
    sitting(run, "Ada", says(*(drop if text == TEASE else accept for text in texts)))
    assert TEASE not in in_force(run)
    revised(run, ("gently", "kindly"))
    assert TEASE not in in_force(run)
    again = sitting(run, "Ada", lambda review: None)
    assert TEASE not in in_force(run)
    item = again.current
    assert item
    assert item.case.rule_text in (
        TEASE,
        next(t for t in texts if "joke" in t).replace("gently", "kindly"),
    )
    assert again.items[0].before[0].startswith(("before: drop by Ada", "before: accept by Ada"))
    left = len(again.items) - again.done
    sitting(run, "Ada", says(*[accept] * left))
    assert TEASE in in_force(run)
    assert edits(run) == []


def test_a_pair_that_a_person_dropped_waits_until_it_is_looked_at_again(tmp_path: Path) -> None:
    folder = paired_run(tmp_path / "run")
    accept = ("accept", "", "")
    sitting(folder.path, "Ada", says(accept, ("drop", "both are kind", ""), accept), "pairs")
    assert len(pairs_to_train_on(folder)) == 2
    first, *others = folder.read(Rule)
    reworded = first.model_copy(update={"text": "Rule 0: be very kind."})
    folder.replace(Rule, [reworded, *others])
    left = pairs_to_train_on(folder)
    assert len(left) == 2
    again = sitting(folder.path, "Ada", lambda review: None, "pairs")
    assert again.done == 0
    told = [item.before[0].partition(" by ")[0] for item in again.items]
    assert sorted(told) == ["before: accept", "before: accept", "before: drop"]
    assert "  it is now: Rule 0: be very kind." in again.items[0].before
    sitting(folder.path, "Ada", says(accept, accept, accept), "pairs")
    assert len(pairs_to_train_on(folder)) == 3


def test_triaged_pairs_are_offered_first_with_what_the_triage_said(tmp_path: Path) -> None:
    folder = paired_run(tmp_path / "run")
    pair = folder.read(PreferencePair)[2]
    sides = {"chosen": pair.rejected, "rejected": pair.chosen}
    swapped = PreferencePair.model_validate(pair.model_dump(exclude={"id"}) | sides)
    sitting(folder.path, "Ada", says(*[("accept", "", "")] * 3), "pairs")
    folder.replace(PreferencePair, [*folder.read(PreferencePair)[:2], swapped])
    said = PairTriage(
        pair=pair.id, old=(), new=(), outcome="inverted", reason="swapped", made=swapped.id
    )
    folder.append([said])
    review = sitting(folder.path, "Ada", lambda review: None, "pairs")
    assert review.items[0].before[0] == "triage: inverted: swapped"
    assert review.items[0].before[1].startswith("before: accept by Ada")
    assert review.current == review.items[0]
    assert page_data(review)["item"]["before"] == list(review.items[0].before)
    assert [bool(item.before) for item in review.items] == [True, False, False]


def accepted_rubric(run: Path, rule: str) -> None:
    text = RubricText(keeps="It offers.", breaks="It is silent.")
    RunFolder(run).append([Rubric(rule_text=rule, text=text, edited_by="Ada")])


@pytest.mark.parametrize(
    ("rule", "change", "now"),
    [
        (
            PARCEL,
            (PARCEL, MORE),
            MORE,
        ),
        (TEASE, ("gently", "kindly"), TEASE),
    ],
)
def test_a_rubric_holds_no_more_and_is_offered_with_its_rule(
    run: Path, rule: str, change: tuple[str, str], now: str
) -> None:
    accepted_rubric(run, rule)
    assert rule in current_guides(RunFolder(run)).by_text
    revised(run, ("# Desk", "# New desk"))
    assert rule in current_guides(RunFolder(run)).by_text
    revised(run, change)
    assert now not in current_guides(RunFolder(run)).by_text
    review = sitting(run, "Bob", lambda review: None)
    assert review.current
    assert review.current.case.rule_text == now
    assert "rubric by Ada; to accept the rule accepts it too:" in review.current.before
    sitting(run, "Bob", says(("accept", "", "")))
    assert now in current_guides(RunFolder(run)).by_text
    (mine,) = [one for one in RunFolder(run).read(Rubric) if one.edited_by == "Bob"]
    assert (mine.rule_text, mine.text.keeps) == (now, "It offers.")


def test_a_rubric_that_was_accepted_with_a_rule_is_taken_back_with_it(run: Path) -> None:
    accepted_rubric(run, TEASE)
    specloop("rules", run)
    revised(run, ("gently", "kindly"))

    def undoes(review: Review) -> None:
        says(("accept", "", ""))(review)
        assert TEASE in current_guides(RunFolder(run)).by_text
        assert review.undo()

    sitting(run, "Bob", undoes)
    assert TEASE not in current_guides(RunFolder(run)).by_text
    assert [one.edited_by for one in RunFolder(run).read(Rubric)] == ["Ada"]
