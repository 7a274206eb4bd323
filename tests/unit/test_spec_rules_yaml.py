"""The editable rules file, there and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.edited import edited_rules

from specloop.errors import InputError
from specloop.records import CheckCall, Rule
from specloop.runrules import current_rules
from specloop.spec import read_document, read_spec
from specloop.spec.rules_yaml import write_rules
from specloop.store import RunFolder

SPEC = read_spec(read_document(Path(__file__).parents[1] / "data" / "company_policy.md"))
RULES = list(SPEC.rules)
TEXT = write_rules(RULES, SPEC.sections, SPEC.document.name)


def edited(old: str, new: str) -> list[Rule]:
    assert old in TEXT
    return edited_rules(RULES, TEXT.replace(old, new, 1))


def error(old: str, new: str) -> str:
    with pytest.raises(InputError) as caught:
        edited(old, new)
    return str(caught.value)


def line_of(words: str) -> int:
    return TEXT[: TEXT.index(words)].count("\n") + 1


def test_an_unedited_file_changes_nothing() -> None:
    assert edited_rules(RULES, TEXT) == RULES
    assert edited_rules([], write_rules([])) == []


def test_the_file_names_sections_and_quotations() -> None:
    assert "# ---- Larkspur Support Assistant: conduct policy > Money" in TEXT
    assert "# says: explain the **14-day** return window" in TEXT


def test_a_comment_cannot_break_out_of_its_line() -> None:
    rule = RULES[0].model_copy(update={"quote": "one\n- id: two\r\u2028three"})
    assert edited_rules([rule], write_rules([rule])) == [rule]


def test_edits_keep_the_id() -> None:
    rules = edited("Keep answers under 120 words.", "Keep answers under 80 words.")
    assert rules[1].text == "Keep answers under 80 words."
    assert rules[1].id == RULES[1].id
    assert rules[1].quote == RULES[1].quote


def test_category_type_and_direction_can_be_edited() -> None:
    rules = edited(
        "category: behavioral\n  type: requirement\n  direction: positive",
        "category: safety\n  type: guideline\n  direction: negative",
    )
    assert (rules[0].category, rules[0].type, rules[0].direction) == (
        "safety",
        "guideline",
        "negative",
    )


def test_a_dropped_rule_is_left_out_and_a_missing_entry_is_not() -> None:
    rules = edited("  category: behavioral\n", "  category: behavioral\n  drop: true\n")
    assert [rule.id for rule in rules] == [rule.id for rule in RULES[1:]]
    assert edited_rules(RULES, f"- id: {RULES[0].id}") == RULES


def test_a_check_can_be_given_and_goes_with_its_text() -> None:
    rule = RULES[1].model_copy(
        update={"check": CheckCall(name="word_count", options={"at_most": 120})}
    )
    text = write_rules([rule])
    assert edited_rules([rule], text) == [rule]
    (changed,) = edited_rules([rule], text.replace("120 words", "80 words"))
    assert changed.check == CheckCall(name="word_count", options={"most": 79})


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("category: behavioral", "category: unsafe", "category: Input should be"),
        ("category: behavioral", "kategory: safety", "'kategory' cannot be edited"),
        ("text: Greet the customer by name if they have given one.", "text: ''", "text is empty"),
        ("check: null", "check: {name: no-such-check}", "no check named"),
        ("check: null", "check: yes please", "check:"),
        ("category: behavioral", "drop: maybe", "drop must be true or false"),
    ],
)
def test_a_wrong_edit_names_the_line_and_the_rule(old: str, new: str, says: str) -> None:
    message = error(old, new)
    assert f"line {line_of('- id:')}" in message
    assert RULES[0].id in message
    assert says in message


def test_broken_yaml_names_the_line() -> None:
    message = error("category: behavioral", "category: [behavioral")
    assert "not valid YAML" in message
    assert "line " in message


@pytest.mark.parametrize(
    ("raw", "says"),
    [(b"\xff", "not UTF-8"), (b"&a [*a]", "nested too deeply"), (b"[" * 50_000, "nested too")],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, raw: bytes, says: str) -> None:
    RunFolder(tmp_path).append(RULES)
    (tmp_path / "rules.yaml").write_bytes(raw)
    with pytest.raises(InputError, match=f"rules.yaml: {says}"):
        current_rules(RunFolder(tmp_path))


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path) -> None:
    RunFolder(tmp_path).append(RULES)
    (tmp_path / "rules.yaml").write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    assert current_rules(RunFolder(tmp_path)) == RULES


def test_unknown_and_repeated_ids_are_errors() -> None:
    assert "no rule of this run" in error(RULES[0].id, "feedbeef")
    assert "twice" in error(RULES[1].id, RULES[0].id)


def test_a_file_of_another_shape_is_an_error() -> None:
    with pytest.raises(InputError, match="list of rules"):
        edited_rules(RULES, "rules: none")
    with pytest.raises(InputError, match="line 1"):
        edited_rules(RULES, "- just text")
