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
    GoldCase,
    GoldLabel,
    GoldValue,
    PreferencePair,
    Rule,
    said,
)
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


def test_only_people_refuse_pairs_and_a_settling_label_has_the_last_word(tmp_path: Path) -> None:
    folder = paired_run(tmp_path / "run")
    pair, case = side(folder, "YES")
    assert refused(folder, label(case, "NO", "openai:gpt", kind="model")) == set()
    assert refused(folder, label(case, "NO"), label(case, "YES", "Bob")) == {pair}
    assert refused(folder, label(case, "YES", "Bob", settles=True)) == set()
