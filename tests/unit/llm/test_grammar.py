"""JSON schemas as grammars."""

from __future__ import annotations

from typing import Any

import pytest

from specloop.errors import ModelError
from specloop.llm.backends.embedded.grammar import constraint, schema_constraint
from specloop.llm.base import Request, schema_text
from specloop.records import Message


def rule(schema: dict[str, Any]) -> str:
    """The root rule of the grammar made of a schema."""
    made = schema_constraint(schema_text(schema))
    assert made.kind == "grammar"
    return made.text.splitlines()[0].removeprefix("root ::= ")


def lines(schema: dict[str, Any]) -> set[str]:
    """The rules of the grammar made of a schema."""
    return set(schema_constraint(schema_text(schema)).text.splitlines())


def test_properties_come_in_the_order_required_with_nothing_between():
    schema = {
        "type": "object",
        "properties": {"a": {"type": "boolean"}, "z": {"enum": ["x", 1]}},
        "required": ["z", "a"],
    }
    assert rule(schema) == (
        r'("{" "\"z\"" colon ("\"x\"" | "1") comma "\"a\"" colon ("true" | "false") "}")'
    )
    assert {'colon ::= ":"', 'comma ::= ","'} <= lines(schema)


@pytest.mark.parametrize(
    ("shown", "gap"),
    [('{"a": true}', " "), ('{"a":true}', ""), ("a is true", ""), ('{"a":": "}', "")],
)
def test_a_reply_is_spaced_as_the_examples_of_the_conversation_are(shown: str, gap: str):
    schema = {"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]}
    turns = [("user", 'Say {"a": false}.'), ("assistant", shown), ("user", "Again.")]
    request = Request(
        messages=tuple(Message.model_validate({"role": r, "content": c}) for r, c in turns),
        json_schema=schema_text(schema),
    )
    told = constraint(request).text.splitlines()
    assert {f'colon ::= ":{gap}"', f'comma ::= ",{gap}"'} <= set(told)


def test_an_enum_with_quotes_and_backslashes_is_escaped_for_json_and_for_the_grammar():
    assert rule({"enum": ['say "a\\b"']}) == r'("\"say \\\"a\\\\b\\\"\"")'


def test_integer_bounds_become_alternatives():
    assert rule({"type": "integer", "minimum": 1, "maximum": 3}) == '("1" | "2" | "3")'


def test_array_bounds_are_kept():
    items = {"type": "boolean"}
    one = '("true" | "false")'
    assert rule({"type": "array", "items": items, "minItems": 2, "maxItems": 4}) == (
        f'("[" {one} (comma {one}){{1,3}} "]")'
    )
    assert rule({"type": "array", "items": items}) == f'("[" ({one} (comma {one}){{0,}})? "]")'


@pytest.mark.parametrize(
    ("least", "most"), [(0, 5), (3, 15), (0, 16), (20, 260), (0, 240), (1, 1000), (7, 7), (0, 511)]
)
def test_a_bounded_string_stays_within_its_bounds_and_nearly_fills_them(least: int, most: int):
    schema = {"type": "string", "minLength": least, "maxLength": most}
    shortest, longest = spans(strings_in(schema)[f"text-{least}-{most}"])
    assert shortest == least
    assert most - (63 if most - least > 500 else 7) <= longest <= most


def strings_in(schema: dict[str, Any]) -> dict[str, str]:
    """The rules of a grammar's strings by their names."""
    rules = (line.partition(" ::= ") for line in lines(schema) if line.startswith("text-"))
    return {name: told for name, _, told in rules}


def test_strings_of_one_kind_share_a_rule():
    reasons = {f"S{n}": {"type": "string", "maxLength": 120} for n in range(22)}
    other = {"what": {"type": "string"}}
    schema = {"type": "object", "properties": reasons | other, "required": [*reasons, "what"]}
    assert set(strings_in(schema)) == {"text-0-120", "text-0-any"}
    assert rule(schema).count("text-0-120") == 22


def spans(text: str) -> tuple[int, int]:
    """Least and most characters of a string rule."""
    sizes = {"eight": 8, "sixtyfour": 64}
    least = most = 0
    for part in text.split('"\\""')[1].split():
        name, _, counts = part.rstrip("}").rpartition("{")
        low, _, high = counts.partition(",")
        least += int(low) * sizes.get(name, 1)
        most += int(high or low) * sizes.get(name, 1)
    return least, most


def test_definitions_are_followed():
    schema = {
        "$defs": {"Grade": {"enum": ["good", "bad"]}},
        "type": "array",
        "items": {"$ref": "#/$defs/Grade"},
    }
    assert '"\\"good\\""' in rule(schema)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "a+"},
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        {"type": "object", "properties": {"a": {"type": "null"}}},
        {"type": "object", "properties": {"a": {"type": "null"}}, "required": ["a", "b"]},
        {"type": "integer", "minimum": 0},
        {"type": "array"},
        {"type": "string", "minLength": 5, "maxLength": 2},
        {"$ref": "#/$defs/A", "$defs": {"A": {"type": "array", "items": {"$ref": "#/$defs/A"}}}},
    ],
)
def test_what_the_grammar_cannot_say_is_left_to_the_runtime(schema: dict[str, Any]):
    assert schema_constraint(schema_text(schema)).kind == "json_schema"


def test_a_schema_that_is_no_json_is_an_error():
    with pytest.raises(ModelError, match="not JSON"):
        schema_constraint("{")
