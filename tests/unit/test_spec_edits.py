"""A person's edits of the rules: what they are, what is in force, what the next version keeps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.edited import TIME, edited_rules, edits_of

from specloop.errors import InputError
from specloop.pipeline.reading import plain_rules
from specloop.records import Edit, Rule
from specloop.runrules import current_rules
from specloop.spec import SourceDocument, read_spec
from specloop.spec.edits import DocumentRules, Edits, carry, in_force, with_added
from specloop.spec.rules_yaml import write_lost, write_rules
from specloop.store import RunFolder

POLICY = """# Quay desk

## Form

- Keep answers under 40 words.
- Never use exclamation marks.
- Never use lists. Exception: when the customer asks about steps, give a numbered list.

## Refunds

- Never promise a refund.
- Always be polite.

## Deliveries

- Always be polite.
- Tell the customer where the parcel is.
"""


def given(text: str = POLICY) -> DocumentRules:
    spec = read_spec(SourceDocument.of(text))
    return DocumentRules(plain_rules(spec.rules), spec.sections)


def file(read: DocumentRules, edits: Edits | None = None) -> str:
    edits = edits or Edits()
    lost = write_lost(edits.lost, read.rules, POLICY)
    return write_rules(with_added(read, edits.kept), read.sections, "p", edits.kept, lost)


def rule(read: DocumentRules, text: str, section: str = "") -> Rule:
    paths = {one.id: one.path for one in read.sections}
    (found,) = (r for r in read.rules if r.text == text and section in paths[r.section][-1])
    return found


def edited(read: DocumentRules, *changes: tuple[str, str]) -> Edits:
    text = file(read)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return edits_of(read.rules, text, read.sections)


def changed(edits: Edits) -> list[tuple[str, str, object]]:
    return [(edit.wording, edit.field, edit.after) for edit in edits.kept]


WORDS = ("text: Keep answers under 40 words.", "text: Keep answers under 60 words.")
POLITE = "text: Always be polite.\n  category: behavioral"
DROPPED = (POLITE, POLITE + "\n  drop: true")
OWN = (
    "# ---- Quay desk > Deliveries",
    '- text: Never say "cheap".\n\n# ---- Quay desk > Deliveries',
)


def test_every_field_that_differs_is_an_edit_with_what_the_document_gives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ann")
    read = given()
    edits = edited(read, WORDS, ("marks.\n  category: behavioral", "marks.\n  category: safety"))
    first, second = edits.kept
    assert first.model_dump(exclude={"id", "section"}) == {
        "rule": rule(read, "Keep answers under 40 words.").id,
        "wording": "Keep answers under 40 words.",
        "path": ("Quay desk", "Form"),
        "field": "text",
        "before": "Keep answers under 40 words.",
        "after": "Keep answers under 60 words.",
        "author": "Ann",
        "time": TIME,
        "reason": "",
    }
    assert (second.field, second.before, second.after) == ("category", "behavioral", "safety")


def test_an_entry_names_its_author_and_reason() -> None:
    signed = WORDS[1] + "\n  author: Bo\n  reason: Phones have room for more."
    (edit,) = edited(given(), (WORDS[0], signed)).kept
    assert (edit.author, edit.reason) == ("Bo", "Phones have room for more.")


def test_an_edit_keeps_its_author_and_time_until_it_is_changed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = given()
    text = file(read).replace(*WORDS)
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ann")
    first = edits_of(read.rules, text, read.sections, time="2026-01-01T00:00:00Z").kept
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Bo")
    assert edits_of(read.rules, text, read.sections, first).kept == first
    text = text.replace("under 60", "under 70")
    (second,) = edits_of(read.rules, text, read.sections, first).kept
    assert (second.after, second.author) == ("Keep answers under 70 words.", "Bo")
    assert second.time == TIME
    assert second.id == first[0].id
    assert edits_of(read.rules, file(read), read.sections, [second]) == Edits()


def test_the_rules_in_force_are_those_of_the_document_with_the_edits() -> None:
    read = given()
    edits = edited(read, WORDS, DROPPED, OWN)
    rules = in_force(read, edits.kept)
    texts = [one.text for one in rules]
    assert texts.count("Always be polite.") == 1
    assert "Keep answers under 40 words." not in texts
    assert [one.id for one in rules if one.text == "Keep answers under 60 words."] == [
        rule(read, "Keep answers under 40 words.").id
    ]
    own = next(one for one in rules if one.text == 'Never say "cheap".')
    assert (own.type, own.direction, own.quote) == ("prohibition", "negative", "")
    assert own.check is not None
    assert own.check.name == "forbidden_phrase"
    assert texts.index(own.text) == texts.index("Never promise a refund.") + 1
    assert in_force(read, ()) == read.rules


def test_a_text_gets_its_check_and_a_given_one_or_none_stays() -> None:
    read = given()

    def check(*changes: tuple[str, str]) -> object:
        return in_force(read, edited(read, *changes).kept)[0].check

    asked = check(WORDS)
    assert asked is not None
    assert asked.options == {"most": 59}
    old = "check:\n    name: word_count\n    options:\n      most: 39"
    assert check(WORDS, (old, "check: null")) is None
    given_ = check((old, "check: {name: sentence_count, options: {most: 2}}"))
    assert given_ is not None
    assert given_.name == "sentence_count"


def test_an_exception_that_is_dropped_frees_the_rule_that_it_was_made_to() -> None:
    read = given()
    base = rule(read, "Never use lists.")
    assert base.check is not None
    assert base.check.unless
    text = file(read)
    at = text.index("- id: ", text.index(f"exception to {base.id}"))
    dropped = text[:at] + text[at:].replace("check:", "drop: true\n  check:", 1)
    (freed,) = (r for r in edited_rules(read.rules, dropped, read.sections) if r.id == base.id)
    assert freed.check is not None
    assert not freed.check.unless
    (linked,) = (
        r
        for r in edited_rules(
            read.rules,
            text.replace("text: Never use lists.", "text: Do not use lists."),
            read.sections,
        )
        if r.id == base.id
    )
    assert linked.check is not None
    assert linked.check.unless == base.check.unless


def test_a_rewritten_file_holds_the_same_edits_and_says_what_the_document_gives() -> None:
    read = given()
    reason = WORDS[1] + "\n  reason: 'Why\n    not: #1'\n  author: Ann"
    edits = edited(read, (WORDS[0], reason), DROPPED, OWN)
    text = file(read, edits)
    assert edits_of(read.rules, text, read.sections, edits.kept) == edits
    assert f"# text edited by Ann, {TIME}; the document gives: Keep answers under 40 words." in text
    assert file(read, edits_of(read.rules, text, read.sections, edits.kept)) == text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# Quay desk", "# Quay desk, second edition"),
        ("## Form", "## How answers look"),
        ("## Refunds", "## Money back"),
        ("## Form", "Some opening words.\n\n## Form"),
        ("- Never use excl", "- Be brief.\n- Never use excl"),
    ],
)
def test_edits_stay_through_headings_and_neighbours_that_change(old: str, new: str) -> None:
    read, after = given(), given(POLICY.replace(old, new))
    edits = edited(read, WORDS, DROPPED, OWN)
    carried = carry(edits, read, after)
    assert changed(carried) == changed(edits)
    assert (carried.lost, carried.settled) == ((), ())
    rules = in_force(after, carried.kept)
    assert len(rules) == len(after.rules)
    own = next(one for one in rules if one.text == 'Never say "cheap".')
    assert own.section == rule(after, "Never promise a refund.").section
    (polite,) = (one for one in rules if one.text == "Always be polite.")
    assert polite.section == rule(after, "Tell the customer where the parcel is.").section


def test_a_section_that_moved_keeps_its_edits() -> None:
    head, form, refunds, deliveries = POLICY.split("## ")
    moved = f"{head}## {deliveries}\n### {refunds}\n## {form}"
    edits = edited(given(), WORDS, DROPPED, OWN)
    carried = carry(edits, given(), given(moved))
    assert sorted(changed(carried), key=str) == sorted(changed(edits), key=str)


def test_a_wording_that_changed_loses_its_edits_and_they_are_listed_with_the_place() -> None:
    read, after = given(), given(POLICY.replace("40 words", "45 words"))
    carried = carry(edited(read, WORDS), read, after)
    assert carried.kept == ()
    assert [edit.after for edit in carried.lost] == ["Keep answers under 60 words."]
    assert in_force(after, carried.kept) == after.rules
    text = file(after, carried)
    now = rule(after, "Keep answers under 45 words.").id
    for said in (
        "# was: Keep answers under 40 words.\n# in: Quay desk > Form\n",
        f"# line 5 of the document reads now: Keep answers under 45 words. (rule {now})\n",
        f"- lost: {carried.lost[0].rule}\n  text: Keep answers under 60 words.\n",
    ):
        assert said in text
    assert edits_of(after.rules, text, after.sections, carried.lost) == carried
    dismissed = text[: text.index("- lost:")]
    assert edits_of(after.rules, dismissed, after.sections, carried.lost) == Edits()


def test_a_lost_edit_comes_back_with_its_wording_and_a_newer_one_goes_before() -> None:
    read, after = given(), given(POLICY.replace("40 words", "45 words"))
    lost = carry(edited(read, WORDS), read, after)
    back = carry(lost, after, read)
    assert changed(back) == [
        ("Keep answers under 40 words.", "text", "Keep answers under 60 words.")
    ]
    renamed = given(POLICY.replace("## Form", "## Looks"))
    assert changed(carry(lost, after, renamed)) == changed(back)
    (newer,) = edited(read, (WORDS[0], "text: Be short.")).kept
    both = carry(Edits((newer,), lost.lost), read, read)
    assert [edit.after for edit in both.kept] == ["Be short."]
    assert both.lost == lost.lost


def test_all_lost_edits_of_a_rule_come_back_where_its_wording_does() -> None:
    read, after = given(), given(POLICY.replace("40 words", "45 words"))
    category = (f"{WORDS[1]}\n  category: behavioral", f"{WORDS[1]}\n  category: safety")
    lost = carry(edited(read, WORDS, category), read, after)
    assert [edit.field for edit in lost.lost] == ["text", "category"]
    back = carry(lost, after, given(POLICY.replace("## Form", "## Looks")))
    assert [edit.field for edit in back.kept] == ["text", "category"]


def test_an_edit_is_never_given_to_another_rule_of_the_same_words() -> None:
    read = given()
    edits = edited(read, DROPPED)
    gone = given(POLICY.replace("- Never promise a refund.\n- Always be polite.", "- Be fair."))
    assert [edit.field for edit in carry(edits, read, gone).lost] == ["drop"]
    both = given(POLICY.replace("## Refunds", "## A").replace("## Deliveries", "## B"))
    assert [edit.field for edit in carry(edits, read, both).lost] == ["drop"]


def test_an_edit_that_the_document_has_taken_up_is_needed_no_more() -> None:
    read = given()
    edits = edited(read, OWN, ("marks.\n  category: behavioral", "marks.\n  category: safety"))
    taken = given(POLICY.replace("a refund.", 'a refund.\n- Never say "cheap".'))
    safety = [
        one.model_copy(update={"category": "safety"}) if "marks" in one.text else one
        for one in taken.rules
    ]
    carried = carry(edits, read, replace(taken, rules=safety))
    assert {edit.field for edit in carried.settled} == {"added", "category"}
    assert (carried.kept, carried.lost) == ((), ())


def test_an_added_rule_outlives_its_section() -> None:
    read = given()
    edits = edited(read, OWN)
    start, end = POLICY.index("## Refunds"), POLICY.index("## Deliveries")
    after = given(POLICY[:start] + POLICY[end:])
    carried = carry(edits, read, after)
    assert [edit.wording for edit in carried.kept] == ['Never say "cheap".']
    assert in_force(after, carried.kept)[-1].text == 'Never say "cheap".'


def test_an_added_rule_is_edited_and_dropped_under_its_id() -> None:
    read = given()
    edits = edited(read, OWN)
    text = file(read, edits)
    id_ = edits.kept[0].rule
    assert f'- id: {id_}\n  text: Never say "cheap".\n' in text
    again = text.replace('Never say "cheap"', 'Never say "cheap" or "bargain"')
    both = edits_of(read.rules, again, read.sections, edits.kept).kept
    assert {(e.field, e.rule) for e in both} == {("added", id_), ("text", id_)}
    assert 'Never say "cheap" or "bargain".' in [r.text for r in in_force(read, both)]
    dropped = text.replace(f"- id: {id_}\n", f"- id: {id_}\n  drop: true\n")
    rules = in_force(read, edits_of(read.rules, dropped, read.sections, edits.kept).kept)
    assert rules == read.rules


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("- id: ", "- lost: ", "is no edit that lost its rule"),
        ("- id: ", "- category: safety\n- id: ", "neither an id nor, for a rule to be added"),
        ("- id: ", "- text: Be kind.\n- text: Be kind.\n- id: ", "there is such a rule already"),
        ("- id: ", "- text: Keep answers under 40 words.\n- id: ", "there is such a rule already"),
        ("- id: ", "- text: Be kind.\n  check: {name: nix}\n- id: ", "no check named"),
        ("category: behavioral", "reason: 12", "reason must be a text"),
        ("category: behavioral", "author: [Ann]", "author must be a text"),
        ("category: behavioral", "when: now", "'when' cannot be edited; known: text, category"),
    ],
)
def test_a_bad_edit_is_told_with_its_line(old: str, new: str, says: str) -> None:
    with pytest.raises(InputError, match=rf"^rules.yaml: line \d+.*{says}"):
        edited(given(), (old, new))


def test_a_file_without_entries_is_refused_and_without_a_file_the_records_hold(
    tmp_path: Path,
) -> None:
    read, run = given(), RunFolder(tmp_path)
    edits = edited(read, WORDS, OWN)
    run.append([*read.rules, *read.sections, *edits.kept])
    assert current_rules(run) == in_force(read, edits.kept)
    (tmp_path / "rules.yaml").write_text("# nothing\n")
    with pytest.raises(InputError, match=r"rules.yaml: no rule in it; restore it"):
        current_rules(run)


def test_a_record_of_an_edit_that_fits_no_rule_is_named(tmp_path: Path) -> None:
    read, run = given(), RunFolder(tmp_path)
    run.append([*read.rules, *read.sections])
    run.append([Edit(rule=read.rules[0].id, wording="x", field="category", after="odd")])
    with pytest.raises(InputError, match=r"edits\.jsonl: category: Input should be"):
        current_rules(run)
