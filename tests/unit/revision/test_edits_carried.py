"""Edits by hand go with the rules that `align` finds the same, and are lost with the others."""

from __future__ import annotations

from tests.unit.test_spec_edits import POLICY, WORDS, edited, given

from specloop.revision.alignment import align
from specloop.revision.triage import Successors
from specloop.spec.edits import carry, in_force

MARKS = ("text: Never use exclamation marks.", "text: Never use two exclamation marks.")


def test_an_edit_stays_with_a_rule_that_moved_and_is_lost_with_one_that_reads_otherwise() -> None:
    old = given()
    edits = edited(old, WORDS, MARKS)
    line = "- Never use exclamation marks.\n"
    moved = POLICY.replace(line, "").replace("## Refunds\n\n", f"## Refunds\n\n{line}")
    new = given(moved.replace("under 40 words", "under 45 words"))
    carried = carry(edits, old, new)
    changes = align(old, new)
    by_old = {id_: change for change in changes for id_ in change.old}
    marks, words = (
        next(one.rule for one in edits.kept if text in one.wording) for text in ("marks", "words")
    )
    assert (by_old[marks].kind, by_old[words].kind) == ("moved", "reworded")
    assert [edit.rule for edit in carried.kept] == [*by_old[marks].new]
    assert [edit.rule for edit in carried.lost] == [words]
    texts = [rule.text for rule in in_force(new, carried.kept)]
    assert "Never use two exclamation marks." in texts
    assert "Keep answers under 45 words." in texts


def test_all_edits_stay_where_sections_change_places() -> None:
    old = given()
    edits = edited(old, WORDS, MARKS)
    first, rest = POLICY.split("## Refunds")
    title, form = first.split("## Form")
    new = given(f"{title}## Refunds{rest}\n## Form{form}")
    carried = carry(edits, old, new)
    same = Successors(align(old, new)).same
    assert [edit.rule for edit in carried.kept] == [same[edit.rule] for edit in edits.kept]
    assert not carried.lost
