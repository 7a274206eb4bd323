"""The review in the terminal, under Textual's pilot."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.review_fixture import HOSTILE, a_decision_review, a_review, case
from textual.widgets import Static

from specloop.errors import RunStoppedError
from specloop.records import Decision, GoldLabel, Record
from specloop.review.reviewing import QUESTION, Review, ReviewItem
from specloop.review.terminal import ReviewApp
from specloop.store import MemoryStore, RunFolder


def shown(app: ReviewApp) -> str:
    return "\n".join(str(part.content) for part in app.query(Static))


async def test_keys_label_one_case_after_the_other() -> None:
    store = MemoryStore()
    app = ReviewApp(a_review(6, store=store))
    async with app.run_test() as pilot:
        assert "Answer 0." in shown(app)
        assert QUESTION in shown(app)
        await pilot.press("y", "n", "a", "t", "b")
        assert "Answer 5." in shown(app)
        assert "5 of 6, about 20 s left" in shown(app)
        await pilot.press("y")
        assert "Nothing is left to label" in shown(app)
        await pilot.press("y", "q")
    said = [label.value for label in store.read(GoldLabel)]
    assert said == ["YES", "NO", "NA", "cannot tell", "bad item", "YES"]


async def test_a_comment_goes_with_the_next_label_and_undo_brings_it_back() -> None:
    store = MemoryStore()
    app = ReviewApp(a_review(store=store))
    async with app.run_test() as pilot:
        await pilot.press("c", *"any", "enter")
        assert store.read(GoldLabel) == []
        assert "comment: any" in shown(app)
        await pilot.press("n")
        assert store.read(GoldLabel)[0].comment == "any"
        await pilot.press("u")
        assert store.read(GoldLabel) == []
        assert "comment: any" in shown(app)
        await pilot.press("c", "b", "escape", "y")
        assert [(one.value, one.comment) for one in store.read(GoldLabel)] == [("YES", "any")]


async def test_a_comment_that_was_left_by_tab_or_mouse_is_kept_and_gone_on_with() -> None:
    for leave in ("tab", "mouse"):
        store = MemoryStore()
        app = ReviewApp(a_review(store=store))
        async with app.run_test() as pilot:
            await pilot.press("c", *"bad", "enter", "c", *" one")
            await (pilot.click("#right") if leave == "mouse" else pilot.press("tab"))
            await pilot.press("y", "n")
        said = [(one.value, one.comment) for one in store.read(GoldLabel)]
        assert said == [("YES", "bad one"), ("NO", "")]


async def test_an_edit_that_was_left_by_tab_or_mouse_is_of_the_rule_that_was_shown() -> None:
    for leave in ("tab", "mouse"):
        store = MemoryStore()
        app = ReviewApp(a_decision_review(3, store))
        async with app.run_test() as pilot:
            await pilot.press("e", "end", *"!")
            await (pilot.click("#right") if leave == "mouse" else pilot.press("tab"))
            await pilot.press("y", "escape", "y")
        said = [(one.value, one.texts) for one in store.read(Decision)]
        assert said == [("edit", {"rule": "Rule 0.!"}), ("accept", {})]


async def test_who_is_stopped_goes_on_where_all_was_kept(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run", create=True)
    app = ReviewApp(a_review(6, store=folder))
    async with app.run_test() as pilot:
        await pilot.press("y", "c", *"hm", "enter", "n", "a", "u", "t", "b")
        assert "4 of 6, about 40 s left" in shown(app)
        # The process ends here, without its end being told.
        there = RunFolder(tmp_path / "run")
        again, other = a_review(6, store=there), a_review(6, by="Bob", store=there)
    assert again.progress == "4 of 6, about 40 s left"
    assert other.progress.startswith("0 of 6")
    async with ReviewApp(again).run_test() as pilot:
        await pilot.press("u", "n", "y", "y", "q")
    said = [(one.value, one.comment) for one in there.read(GoldLabel)]
    assert said == [
        ("YES", ""),
        ("NO", "hm"),
        ("cannot tell", ""),
        ("NO", ""),
        ("YES", ""),
        ("YES", ""),
    ]


async def test_the_screen_is_blind_and_shows_hostile_text_as_text() -> None:
    app = ReviewApp(a_review(1, answer=HOSTILE))
    async with app.run_test() as pilot:
        await pilot.pause()
        text = shown(app)
        assert "<script>window.hacked" in text
        assert "[red]" in text
        assert "\x1b" not in text
        assert "secret" not in text
        assert "Shop › Tone" in text
        assert "Be kind." in text


@pytest.mark.parametrize("size", [(40, 16), (120, 40)])
async def test_rule_and_answer_are_seen_at_any_width(size: tuple[int, int]) -> None:
    app = ReviewApp(a_review(1))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        for name in ("rule", "answer"):
            region = app.query_one(f"#{name}").region
            assert 0 < region.width <= size[0]
            assert 0 <= region.y < size[1]
        beside = app.query_one("#rule").region.y == app.query_one("#answer").region.y
        stacked = app.query_one("#answer").region.y > app.query_one("#rule").region.bottom
        assert stacked if size[0] < 90 else not stacked or beside


async def test_in_settling_the_labels_that_differ_are_shown() -> None:
    one = case(0)
    said = GoldLabel(case=one.id, value="NO", by="Bob", kind="person", comment="too short")
    app = ReviewApp(Review([ReviewItem(one, (said,))], "Ada", MemoryStore(), settling=True))
    async with app.run_test() as pilot:
        await pilot.pause()
        assert "Bob: NO (too short)" in shown(app)


class Full(MemoryStore):
    """A disk that is full."""

    def append(self, records: object) -> None:
        raise RunStoppedError("the disk is full")

    def replace(self, kind: type[Record], records: object) -> None:
        raise RunStoppedError("the disk is full")


async def test_a_label_that_cannot_be_kept_ends_the_review() -> None:
    app = ReviewApp(a_review(store=Full()))
    async with app.run_test() as pilot:
        await pilot.press("y")
    assert isinstance(app.return_value, RunStoppedError)
    assert app.review.done == 0


async def test_a_rule_is_edited_dropped_with_a_reason_and_taken_back_by_keys() -> None:
    store = MemoryStore()
    app = ReviewApp(a_decision_review(3, store))
    async with app.run_test() as pilot:
        assert "Kept: It greets." in shown(app)
        await pilot.press("n", "b", "r")
        assert app.review.done == 0
        await pilot.press("e", "end", *"!", "escape")
        assert "Rule 0.!" in shown(app)
        await pilot.press("y", "d")
        assert app.review.done == 1
        await pilot.press("c", *"dull", "enter", "d", "u", "d", "t", "q")
    said = [(one.value, one.texts, one.comment) for one in store.read(Decision)]
    assert said == [
        ("edit", {"rule": "Rule 0.!"}, ""),
        ("drop", {}, "dull"),
        ("cannot tell", {}, ""),
    ]


async def test_what_was_said_before_a_rule_changed_stands_beside_it_as_text() -> None:
    item = ReviewItem(case(0), before=("before: NO by Ada, 2026", f"  the rule was: {HOSTILE}"))
    app = ReviewApp(Review([item], "Bob", MemoryStore()))
    async with app.run_test() as pilot:
        await pilot.pause()
        assert "before: NO by Ada, 2026" in shown(app)
        assert "the rule was: <script>window.hacked" in shown(app)
        assert "\x1b" not in shown(app)
        await pilot.press("y")
        assert "before: NO" not in shown(app)
