"""One person's decisions: kept at once, taken back, gone on with, and under whose name."""

from __future__ import annotations

import pytest
from tests.review_fixture import a_decision_review, a_review

from specloop.errors import InputError
from specloop.records import Decision, Edit, GoldCase, GoldLabel, ReviewedItem
from specloop.review.decided import edits_with
from specloop.review.reviewing import (
    MOST_TEXT,
    DecisionReview,
    ReviewItem,
    check_name,
    pace,
)
from specloop.spec.edits import DocumentRules
from specloop.store import MemoryStore


def label(case: str = "c", by: str = "Ada", time: str = "", **more: object) -> GoldLabel:
    return GoldLabel.model_validate(
        {"case": case, "value": "YES", "by": by, "kind": "person", "time": time, **more}
    )


def test_a_decision_is_kept_at_once_with_its_case_name_time_and_comment() -> None:
    store = MemoryStore()
    review = a_review(store=store)
    review.comment = " rather short "
    review.decide("NO")
    (kept,) = store.read(GoldLabel)
    assert (kept.value, kept.by, kept.kind) == ("NO", "Ada", "person")
    assert (kept.comment, kept.time) == ("rather short", "2026-01-01T00:00:00Z")
    assert [case.id for case in store.read(GoldCase)] == [kept.case]
    assert review.comment == ""
    assert (review.done, review.progress) == (1, "1 of 3, time left unknown")


def test_a_later_sitting_goes_on_and_another_name_begins_anew() -> None:
    store = MemoryStore()
    first = a_review(store=store)
    first.decide("YES")
    assert first.current
    again = a_review(store=store)
    assert again.done == 1
    assert again.current
    assert again.current.case == first.current.case
    other = a_review(by="Bob", store=store)
    assert other.done == 0
    other.decide("NO")
    assert {(one.by, one.value) for one in store.read(GoldLabel)} == {("Ada", "YES"), ("Bob", "NO")}
    assert len(store.read(GoldCase)) == 1


def test_undo_takes_the_last_decision_back_also_after_a_new_start() -> None:
    store = MemoryStore()
    review = a_review(store=store)
    review.decide("YES")
    review.comment = "odd"
    review.decide("NO")
    again = a_review(store=store)
    assert again.undo()
    assert again.comment == "odd"
    assert again.current == again.items[1]
    assert [one.value for one in store.read(GoldLabel)] == ["YES"]
    again.decide("NA")
    assert again.undo()
    assert again.undo()
    assert not again.undo()
    assert store.read(GoldLabel) == []


def test_undo_leaves_the_labels_of_others_and_of_other_cases() -> None:
    store = MemoryStore()
    store.append([label("elsewhere"), label("elsewhere", by="Bob")])
    review = a_review(store=store)
    review.decide("YES")
    review.undo()
    assert not review.undo()
    assert len(store.read(GoldLabel)) == 2


def test_nothing_is_decided_once_all_is_labelled() -> None:
    store = MemoryStore()
    review = a_review(1, store=store)
    review.decide("YES")
    review.decide("NO")
    assert review.current is None
    assert review.progress == "1 of 1: all labelled"
    assert len(store.read(GoldLabel)) == 1


def test_the_time_left_follows_from_the_persons_own_pace_without_breaks() -> None:
    times = ("09:00:00", "09:00:30", "09:01:10", "13:00:00", "13:00:30")
    assert pace([label(time=f"2026-01-01T{time}Z") for time in times]) == 30
    assert pace([label(time="2026-01-01T09:00:00Z"), label()]) is None
    mixed = ["2026-01-01T09:00:00Z", "2026-01-01T09:00:20", "yesterday"]
    assert pace([label(time=time) for time in mixed]) == 20
    review = a_review(12)
    for _ in range(3):
        review.decide("YES")
    assert review.progress == "3 of 12, about 3 min left"


@pytest.mark.parametrize("name", ["", "  ", "a" * 61, "Ada\nBob", "Ada\x1b[2J"])
def test_a_name_must_be_one(name: str) -> None:
    with pytest.raises(InputError, match="say who labels"):
        check_name(name, [])


def test_a_name_must_not_be_that_of_another_labeller() -> None:
    check_name("Ada", [label(by="Ada"), label(by="Bob")])
    with pytest.raises(InputError, match="labels by Ada; write the same name"):
        check_name("ada", [label(by="Ada")])
    with pytest.raises(InputError, match="write the same name"):
        check_name("Jose\u0301  Li", [label(by="Jos\u00e9 Li")])
    with pytest.raises(InputError, match="is a document with labels here"):
        check_name("policy.md", [label(by="policy.md", kind="document")])


def test_a_models_name_labels_as_a_model() -> None:
    check_name("openai:gpt-5", [], "model")
    check_name("Ada: second pass", [])
    with pytest.raises(InputError, match="that names a model; add --model"):
        check_name("openai:gpt-5", [])
    with pytest.raises(InputError, match="that is a file's name with labels here"):
        check_name("labels.csv", [label(by="labels.csv", kind="unknown")])


def test_a_settling_label_stands_beside_the_persons_own() -> None:
    assert label().id != label(settles=True).id
    plain = {"case": "c", "by": "Ada"}
    assert label().id == GoldLabel(value="NO", kind="person", **plain).id
    assert "settles" not in label().model_dump_json()


def test_a_pair_that_a_field_only_shows_otherwise_is_not_edited() -> None:
    sides = {"chosen": "é\r\n" * MOST_TEXT, "rejected": "b\rc"}
    case = ReviewedItem(messages=(), answer="x", rule_text="r")
    store = MemoryStore()
    review = DecisionReview([ReviewItem(case, texts=sides)], "Ada", store)
    review.write("chosen", "é\n" * MOST_TEXT)
    review.write("rejected", "b\nc")
    assert review.decide("accept") == ""
    (kept,) = store.read(Decision)
    assert (kept.value, kept.texts) == ("accept", {})


def test_an_edit_that_is_too_long_is_told_and_one_that_was_undone_is_none() -> None:
    store = MemoryStore()
    review = a_decision_review(1, store)
    review.write("rule", "x" * (MOST_TEXT + 1))
    assert "characters" in review.decide("accept")
    review.write("rule", "Rule 0. ")
    assert review.texts == {}
    assert review.decide("accept") == ""
    assert [one.value for one in store.read(Decision)] == ["accept"]


def test_decisions_leave_edits_by_hand_in_their_order() -> None:
    by_hand = [Edit(rule=rule, wording="w", field="added") for rule in ("b", "a", "c")]
    assert edits_with(by_hand, DocumentRules([], []), [], []).kept == tuple(by_hand)


def test_undo_keeps_what_was_begun_about_the_case_that_was_shown() -> None:
    review = a_review()
    review.comment = "first"
    review.decide("YES")
    review.comment = "begun"
    review.undo()
    assert review.comment == "first"
    review.decide("NO")
    assert review.comment == "begun"
    review.decide("NO")
    assert review.comment == ""
