"""Words that differ are marked, and the runs join to the texts again."""

from __future__ import annotations

import pytest

from specloop.revision.marks import WordRun, edits, marked


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Keep it under 80 words.", "Keep it under 60 words."),
        ("  Be   brief ", "Be brief"),
        ("", "Be brief."),
        ("Never.\nNever ever.", "Never ever, not once.\n"),
        ("回答は短く。", "回答は長く。"),
    ],
)
def test_runs_join_to_the_texts(old: str, new: str) -> None:
    before, after = marked(old, new)
    assert "".join(run.text for run in before) == old
    assert "".join(run.text for run in after) == new


def test_only_what_differs_is_marked() -> None:
    before, after = marked("Keep it under 80 words.", "Keep it all under 60 words.")
    assert [run.text.strip() for run in before if run.changed] == ["80"]
    assert [run.text.strip() for run in after if run.changed] == ["all", "60"]


def test_texts_that_share_little_are_marked_as_wholes() -> None:
    assert marked("Keep it brief.", "Name two sources in it.") == (
        [WordRun("Keep it brief.", True)],
        [WordRun("Name two sources in it.", True)],
    )


def test_an_edit_is_what_stands_in_place_of_what() -> None:
    assert edits(["a", "b", "c"], ["a", "x", "c", "d"]) == [(("b",), ("x",)), ((), ("d",))]
