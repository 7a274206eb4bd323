"""Rules and pairs reviewed by people: accepted, edited, dropped with a reason, settled."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.commands import specloop
from tests.unit.review.test_pairs import paired_run

from specloop.errors import InputError
from specloop.pipeline import Run
from specloop.pipeline.reviewing import ReviewPlan, planned_items, stage_review
from specloop.pipeline.training import pairs_to_train_on
from specloop.records import Decision, Edit, Judgement, PairVerdict, PreferencePair
from specloop.review.reviewing import Review
from specloop.runrules import current_guides, current_rules
from specloop.store import GOLD, RunFolder

Does = Callable[[Review], object]
POLICY = "# Desk\n\n## Form\n\n- Keep answers under 40 words.\n- Never shout.\n- Be kind.\n"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.md").write_text(POLICY)
    specloop("rules", "policy.md", "--out", "run")
    return tmp_path / "run"


def sitting(run: Path, by: str, does: Does, answers: str = "rules", **plan: object) -> Review:
    opened = Run.resume(run)
    planned = ReviewPlan(by, answers=answers, **plan)  # pyright: ignore

    async def sit(review: Review) -> None:
        does(review)

    with opened.folder.locked():
        return asyncio.run(stage_review(opened, planned, planned_items(opened, planned), sit))


def says(*deeds: tuple[str, str, str]) -> Does:
    """Each item in turn: a decision, a comment, and the new text of the first thing to edit."""

    def does(review: Review) -> None:
        for value, comment, text in deeds:
            assert review.current
            review.comment = comment
            if text:
                review.write(next(iter(review.current.texts)), text)
            assert review.decide(value) == ""

    return does


def in_force(run: Path) -> list[str]:
    return [rule.text for rule in current_rules(RunFolder(run))]


def edits(run: Path) -> list[tuple[str, object, str, str]]:
    return [(e.field, e.after, e.author, e.reason) for e in RunFolder(run).read(Edit)]


def test_a_decision_on_a_rule_is_the_edit_that_the_file_of_rules_would_make(run: Path) -> None:
    done = sitting(
        run,
        "Ada",
        says(
            ("accept", "too short", "Keep answers under 60 words."),
            ("drop", "nobody shouts", ""),
            ("accept", "", ""),
        ),
    )
    assert done.progress == "3 of 3: all labelled"
    made = [
        ("text", "Keep answers under 60 words.", "Ada", "too short"),
        ("drop", True, "Ada", "nobody shouts"),
    ]
    assert in_force(run) == ["Keep answers under 60 words.", "Be kind."]
    assert edits(run) == made
    told = specloop("rules", run).stdout
    assert "edits by hand: 2 in force, 0 lost" in told
    assert edits(run) == made
    values = [one.value for one in RunFolder(run).part(GOLD).read(Decision)]
    assert values == ["edit", "drop", "accept"]


def test_what_is_taken_back_has_no_effect_and_edits_by_hand_stay(run: Path) -> None:
    path = run / "rules.yaml"
    path.write_text(path.read_text().replace("text: Be kind.", "text: Be warm.\n  author: Bo"))

    def undoes(review: Review) -> None:
        says(("accept", "", "Keep answers under 60 words."), ("drop", "loud", ""))(review)
        assert review.undo()
        assert review.comment == "loud"
        assert review.undo()
        assert review.texts == {"rule": "Keep answers under 60 words."}
        assert not review.undo()

    sitting(run, "Ada", undoes)
    assert in_force(run) == ["Keep answers under 40 words.", "Never shout.", "Be warm."]
    assert [edit[2] for edit in edits(run)] == ["Bo"]


def test_an_edit_by_hand_comes_back_once_the_decision_in_its_place_is_taken_back(run: Path) -> None:
    path = run / "rules.yaml"
    path.write_text(path.read_text().replace("text: Be kind.", "text: Be warm.\n  author: Bo"))
    accept = ("accept", "", "")
    sitting(run, "Ada", says(accept, accept, ("accept", "", "Be cold.")))
    assert (in_force(run)[2], len(edits(run))) == ("Be cold.", 1)
    specloop("rules", run)
    sitting(run, "Ada", lambda review: review.undo())
    assert (in_force(run)[2], edits(run)) == ("Be warm.", [("text", "Be warm.", "Bo", "")])
    sitting(run, "Ada", says(accept))
    assert in_force(run)[2] == "Be warm."


def test_dropping_needs_a_reason_and_a_rule_one_line_that_says_something(run: Path) -> None:
    def refused(review: Review) -> None:
        assert review.decide("drop") == "say why first: c writes the reason"
        for text in ("  ", "\u200b", "...", "two\nlines", "x" * 3000):
            review.write("rule", text)
            assert review.decide("accept")
        assert review.done == 0

    sitting(run, "Ada", refused)
    assert edits(run) == []


def test_decisions_survive_a_new_version_where_the_rule_is_unchanged(run: Path) -> None:
    text = "Keep answers under 60 words."
    sitting(run, "Ada", says(("accept", "", text), ("drop", "loud", ""), ("accept", "", "")))
    version = POLICY.replace("Never shout", "Never yell").replace("# Desk", "# New desk")
    Path("policy.md").write_text(version)
    specloop("rules", run)
    assert in_force(run) == [text, "Never yell.", "Be kind."]
    left = sitting(run, "Ada", lambda review: None)
    assert (left.done, len(left.items)) == (2, 3)
    assert left.current
    assert left.current.case.rule_text == "Never yell."
    assert in_force(run) == [text, "Never yell.", "Be kind."]


def test_what_two_people_differ_on_has_no_effect_until_it_is_settled(run: Path) -> None:
    text = "Keep answers under 60 words."
    sitting(run, "Ada", says(("accept", "", text), ("drop", "loud", ""), ("accept", "", "")))
    sitting(run, "Bob", says(("accept", "", ""), ("drop", "same", ""), ("accept", "", "")))
    assert in_force(run) == ["Keep answers under 40 words.", "Be kind."]
    told = json.loads(specloop("review", run, "--agreement", "--answers", "rules", "--json").stdout)
    (both,) = told["agreements"]
    assert (both["first"], both["second"], len(both["differences"])) == ("Ada", "Bob", 1)
    assert both["kappa"]["n"] == 3
    assert both["kappa"]["value"] == pytest.approx(0.4)
    settled = sitting(run, "Cem", says(("accept", "", text)), settling=True)
    assert len(settled.items[0].labels) == 2
    assert in_force(run) == [text, "Be kind."]
    with pytest.raises(InputError, match="nothing to settle"):
        sitting(run, "Dan", says(), settling=True)
    with pytest.raises(InputError, match="write the same name"):
        sitting(run, "ada", says())


def trained(folder: RunFolder) -> list[tuple[str, str]]:
    return [(pair.chosen_text, pair.rejected_text) for pair in pairs_to_train_on(folder)]


def test_a_pair_is_trained_on_as_it_was_edited_and_a_dropped_one_is_not(tmp_path: Path) -> None:
    folder = paired_run(tmp_path / "run")
    before = {pair.id: (pair.chosen_text, pair.rejected_text) for pair in pairs_to_train_on(folder)}
    deeds = says(("accept", "", "Edited."), ("drop", "both are kind", ""), ("accept", "", ""))
    done = sitting(folder.path, "Ada", deeds, "pairs")
    sides = [item.texts for item in done.items]
    assert trained(folder) == [
        pair
        for old in before.values()
        for pair in (
            [("Edited.", old[1])]
            if old[0] == sides[0]["chosen"]
            else [old]
            if old[0] == sides[2]["chosen"]
            else []
        )
    ]
    changed = [pair for pair in pairs_to_train_on(folder) if pair.chosen_text == "Edited."]
    assert changed[0].id not in before
    assert len(folder.read(PreferencePair)) == 3
    again = sitting(folder.path, "Ada", lambda review: None, "pairs")
    assert again.done == 3


def test_nothing_is_said_of_verdicts_on_a_side_that_was_edited(tmp_path: Path) -> None:
    folder = paired_run(tmp_path / "run")
    found = [
        PairVerdict(side=side, rule="r", judge="joint:m", level="weak")
        for side in ("chosen", "rejected")
    ]
    cut = {"verdicts": tuple(found), "finish_chosen": "length", "finish_rejected": "length"}
    pairs = folder.read(PreferencePair)
    folder.replace(PreferencePair, [pair.model_copy(update=cut) for pair in pairs])
    sitting(folder.path, "Ada", says(("accept", "", "Edited.")), "pairs")
    (edited,) = [one for one in pairs_to_train_on(folder) if one.chosen_text == "Edited."]
    assert edited.verdicts == (found[1],)
    assert (edited.finish_chosen, edited.finish_rejected) == ("stop", "length")


def test_pairs_that_people_differ_on_wait_and_kappa_is_told(tmp_path: Path) -> None:
    folder = paired_run(tmp_path / "run")
    accept = ("accept", "", "")
    sitting(folder.path, "Ada", says(accept, accept, accept), "pairs")
    sitting(folder.path, "Bob", says(accept, ("drop", "no", ""), ("accept", "", "New.")), "pairs")
    assert len(trained(folder)) == 1
    table = specloop("review", folder.path, "--agreement", "--answers", "pairs").stdout
    assert "--answers pairs --settle --by NAME" in table.replace("\n", "")
    sitting(folder.path, "Cem", says(accept, ("drop", "no", "")), "pairs", settling=True)
    assert len(trained(folder)) == 2


def test_both_sides_must_differ(tmp_path: Path) -> None:
    folder = paired_run(tmp_path / "run")

    def same(review: Review) -> None:
        assert review.current
        assert list(review.current.texts) == ["chosen", "rejected"]
        review.write("chosen", review.current.texts["rejected"])
        assert "both sides say the same" in review.decide("accept")

    sitting(folder.path, "Ada", same, "pairs")
    assert len(trained(folder)) == 3


def test_the_rubric_stands_beside_the_rule(run: Path) -> None:
    (run / "rubrics.yaml").write_text(
        "- rule: Be kind.\n  keeps: It greets.\n  breaks: It is rude.\n  author: Ada\n"
    )
    shown = sitting(run, "Ada", lambda review: None).items
    assert [bool(item.guide) for item in shown] == [False, False, True]
    assert "Kept: It greets." in shown[2].guide


def test_an_edited_or_dropped_rule_shows_its_rubric_to_the_next_reviewer(
    run: Path,
) -> None:
    rubric = "- rule: {}\n  keeps: It {}.\n  breaks: It is rude.\n  author: Ada\n"
    both = rubric.format("Be kind.", "greets") + rubric.format("Never shout.", "whispers")
    (run / "rubrics.yaml").write_text(both)
    accept = ("accept", "", "")
    sitting(run, "Ada", says(accept, ("drop", "loud", ""), ("accept", "", "Be warm.")))
    specloop("rules", run)
    shown = sitting(run, "Bob", lambda review: None).items
    assert [item.guide.partition("\n")[0] for item in shown] == [
        "",
        "Kept: It whispers.",
        "Kept: It greets.",
    ]
    assert not any(item.before for item in shown)
    sitting(run, "Ada", lambda review: review.undo())
    assert "Be kind." in current_guides(RunFolder(run)).by_text


def test_a_rubric_of_the_edited_wording_is_shown_with_the_rule(run: Path) -> None:
    path = run / "rules.yaml"
    path.write_text(path.read_text().replace("text: Be kind.", "text: Be warm."))
    specloop("rules", run)
    (run / "rubrics.yaml").write_text("- rule: Be warm.\n  keeps: It greets.\n  breaks: Cold.\n")
    shown = sitting(run, "Bob", lambda review: None).items[2]
    assert (shown.case.rule_text, shown.guide.splitlines()[:2]) == (
        "Be kind.",
        ["Written for: Be warm.", "Kept: It greets."],
    )


def test_what_two_judges_differ_on_is_shown_first_in_every_rule(tmp_path: Path) -> None:
    folder = paired_run(tmp_path / "run")
    opened = Run.resume(folder.path)
    items = planned_items(opened, ReviewPlan("Ada", n=3))
    said: dict[tuple[str, str], set[str]] = {}
    for verdict in (v for j in folder.read(Judgement) for v in j.verdicts):
        said.setdefault((verdict.answer, verdict.rule), set()).add(verdict.value)
    for item in items:
        answer = item.case.place.removeprefix("answer ")
        assert len(said[answer, item.case.rules[0]]) == 2
    assert len({item.case.rule_text for item in items}) == 3
