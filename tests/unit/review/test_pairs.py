"""Both sides of pairs are labelled like any answer, and a pair that a person refuses is not
trained on."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.review_fixture import judged_run

from specloop.pipeline.reviewing import ReviewPlan, planned_items
from specloop.pipeline.run import Run
from specloop.pipeline.training import pairs_to_train_on
from specloop.records import (
    Answer,
    Case,
    Decision,
    GoldCase,
    GoldLabel,
    GoldValue,
    PreferencePair,
    Rule,
    Section,
    said,
)
from specloop.review.decided import pair_item
from specloop.review.pairs import pair_sides
from specloop.store import GOLD, RunFolder


def paired_run(path: Path) -> RunFolder:
    """A run with a pair for each of three requests, about its first rule."""
    folder = judged_run(path, n_answers=3)
    rule = folder.read(Rule)[0]
    for case, rejected in zip(folder.read(Case), folder.read(Answer), strict=True):
        chosen = Answer(case=case.id, purpose="repaired", model="m", text=f"Kind {rejected.text}")
        pair = PreferencePair(
            prompt=case.messages,
            chosen=said(chosen.text),
            rejected=said(rejected.text),
            chosen_id=chosen.id,
            rejected_id=rejected.id,
            probe=case.id,
            instance="i",
            violated=(rule.id,),
            pairing="repaired",
            side="violation",
            split="train",
        )
        folder.append([chosen, pair])
    return folder


def side(folder: RunFolder, value: GoldValue) -> tuple[str, GoldCase]:
    """A side of a pair of which it supposes that value."""
    sides = pair_sides(folder, folder.read(Rule))
    return next((one.pair, one.case) for one in sides if one.value == value)


def label(case: GoldCase, value: GoldValue, by: str = "Ada", **more: object) -> GoldLabel:
    given = {"case": case.id, "value": value, "by": by, "kind": "person"} | more
    return GoldLabel.model_validate(given)


def refused(folder: RunFolder, *labels: GoldLabel) -> set[str]:
    part = folder.part(GOLD)
    part.make()
    part.append(labels)
    every = {pair.id for pair in folder.read(PreferencePair)}
    return every - {pair.id for pair in pairs_to_train_on(folder)}


def test_both_sides_are_shown_in_an_order_that_does_not_tell_which_is_which(
    tmp_path: Path,
) -> None:
    folder = paired_run(tmp_path / "run")
    items = planned_items(Run.resume(folder.path), ReviewPlan("Ada", answers="sides"))
    is_chosen = ["Kind" in one.case.answer for one in items]
    assert (len(items), sum(is_chosen)) == (6, 3)
    assert is_chosen not in ([True, False] * 3, [False, True] * 3)


def test_a_pair_has_the_cases_of_the_answers_that_it_was_made_of(tmp_path: Path) -> None:
    folder = paired_run(tmp_path / "run")
    _, rejected = side(folder, "NO")
    judged = planned_items(Run.resume(folder.path), ReviewPlan("Ada"))
    assert rejected.id in {one.case.id for one in judged}


@pytest.mark.parametrize(
    ("supposed", "value", "is_refused"),
    [
        ("YES", "YES", False),
        ("YES", "NO", True),
        ("YES", "NA", True),
        ("NO", "YES", True),
        ("NO", "NO", False),
        ("NO", "bad item", True),
        ("NO", "cannot tell", False),
    ],
)
def test_a_pair_that_a_label_contradicts_is_left_out(
    tmp_path: Path, supposed: GoldValue, value: GoldValue, is_refused: bool
) -> None:
    folder = paired_run(tmp_path / "run")
    pair, case = side(folder, supposed)
    assert refused(folder, label(case, value)) == ({pair} if is_refused else set())


@pytest.mark.parametrize("edited", ["chosen", "rejected"])
def test_a_label_refuses_a_pair_of_which_the_other_side_was_edited(
    tmp_path: Path, edited: str
) -> None:
    """What is said of a text counts as long as the pair has that text."""
    folder = paired_run(tmp_path / "run")
    pair = folder.read(PreferencePair)[0]
    sides = [one for one in pair_sides(folder, folder.read(Rule)) if one.pair == pair.id]
    of_edited = next(s for s in sides if (s.value == "YES") == (edited == "chosen"))
    of_other = next(s for s in sides if s is not of_edited)
    texts = {"chosen": pair.chosen_text, "rejected": pair.rejected_text} | {edited: "Edited."}
    rules, sections = ({one.id: one for one in folder.read(kind)} for kind in (Rule, Section))
    case = pair_item(pair, rules, sections).case.id
    part = folder.part(GOLD)
    part.make()
    part.append([Decision(case=case, value="edit", texts=texts, by="Ada")])

    def left() -> list[str]:
        own = [one for one in pairs_to_train_on(folder) if one.probe == pair.probe]
        return [text for one in own for text in (one.chosen_text, one.rejected_text)]

    both = list(texts.values())
    assert left() == both
    wrong = {"YES": "NO", "NO": "YES"}
    part.append([label(of_edited.case, wrong[of_edited.value])])
    assert left() == both
    part.append([label(of_other.case, wrong[of_other.value])])
    assert left() == []


def test_a_label_of_an_edited_text_counts_too(tmp_path: Path) -> None:
    folder = paired_run(tmp_path / "run")
    pair = folder.read(PreferencePair)[0]
    rules, sections = ({one.id: one for one in folder.read(kind)} for kind in (Rule, Section))
    case = pair_item(pair, rules, sections).case.id
    texts = {"chosen": "Edited.", "rejected": pair.rejected_text}
    part = folder.part(GOLD)
    part.make()
    part.append([Decision(case=case, value="edit", texts=texts, by="Ada")])
    (edited,) = [one for one in pairs_to_train_on(folder) if one.chosen_text == "Edited."]
    own = next(s for s in pair_sides(folder, list(rules.values()), [edited]) if s.value == "YES")
    part.append([label(own.case, "NO")])
    assert len(pairs_to_train_on(folder)) == 2


def test_only_people_refuse_pairs_and_a_settling_label_has_the_last_word(tmp_path: Path) -> None:
    folder = paired_run(tmp_path / "run")
    pair, case = side(folder, "YES")
    assert refused(folder, label(case, "NO", "openai:gpt", kind="model")) == set()
    assert refused(folder, label(case, "NO"), label(case, "YES", "Bob")) == {pair}
    assert refused(folder, label(case, "YES", "Bob", settles=True)) == set()
