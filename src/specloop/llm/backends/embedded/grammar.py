"""Constraints on a reply in a form for the embedded runtime.

The runtime allows whitespace anywhere in a JSON schema's reply, and a small model spends its tokens
on it. So the schemas that this project writes are turned into a grammar (EBNF as xgrammar reads
it): properties in the order of `required`, with nothing between the tokens, or with one space after
each colon and comma if the conversation's examples have it. A small model goes wrong if it is shown
one form and held to the other, because its words begin in the wrong place. Schemas that the grammar
cannot express go to the runtime as they are.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from specloop.errors import ModelError
from specloop.llm.base import Request
from specloop.llm.schema import Schema, TooRichError

_PLAIN = r'[^"\\\x00-\x1f\x7f]'
_ESCAPE = r'"\\" ["\\/bfnrt]'
_ANY_TEXT = f"({_PLAIN}* {_ESCAPE})* {_PLAIN}*"
_RULES = f"""
eight ::= {" ".join([_PLAIN] * 8)}
sixtyfour ::= {" ".join(["eight"] * 8)}
"""
_INTEGER = '"-"? ("0" | [1-9] [0-9]{0,14})'
_NUMBER = _INTEGER + ' ("." [0-9]{1,15})?'
_SPACED = re.compile(r'"\w+": ')
_MOST_INTEGERS = 200
"""The highest bounds that are written as alternatives."""

_NOTES = {"title", "description", "default", "examples", "$defs", "$schema", "type"}
_KEYS = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems", "maxItems"},
    "string": {"minLength", "maxLength"},
    "integer": {"minimum", "maximum"},
    "number": set[str](),
    "boolean": set[str](),
    "null": set[str](),
}
"""Keys understood for each type; a schema with any other goes to the runtime as it is."""


class Constraint(NamedTuple):
    """A constraint on a reply, in one of the forms that the runtime takes."""

    kind: Literal["json_schema", "regex", "grammar"]
    text: str


@lru_cache(maxsize=256)
def schema_constraint(schema: str, gap: Literal["", " "] = "") -> Constraint:
    """A grammar for a schema, with `gap` after each colon and comma, or else the schema itself."""
    try:
        root: Schema = json.loads(schema)
        whole = _value(root, root.get("$defs", {}))
        marks = f'colon ::= ":{gap}"\ncomma ::= ",{gap}"\n'
        return Constraint("grammar", f"root ::= {whole}{_RULES}{marks}{_strings_in(whole)}")
    except json.JSONDecodeError as error:
        raise ModelError(f"json_schema is not JSON: {error}") from None
    except TooRichError:
        return Constraint("json_schema", schema)


def constraint(request: Request) -> Constraint:
    """The constraint of a request that has one."""
    if request.regex:
        return Constraint("regex", request.regex)
    return schema_constraint(request.json_schema, " " if _shows_spaced(request) else "")


def _shows_spaced(request: Request) -> bool:
    """Whether an earlier answer of the assistant is JSON with a space after its colons."""
    return any(m.role == "assistant" and _SPACED.search(m.content) for m in request.messages)


def _value(schema: Schema, defs: Schema) -> str:
    if "$ref" in schema:
        return _referred(schema, defs)
    if "enum" in schema or "const" in schema:
        _only(schema, {"enum", "const"})
        return _one_of(schema.get("enum", [schema.get("const")]))
    kind = schema.get("type")
    if not isinstance(kind, str) or kind not in _KEYS:
        raise TooRichError
    _only(schema, _KEYS[kind])
    if kind == "object":
        return _object(schema, defs)
    if kind == "array":
        return _array(schema, defs)
    return _scalar(kind, schema)


def _referred(schema: Schema, defs: Schema) -> str:
    """The definition that a reference names. Recursive definitions are too rich."""
    name = str(schema["$ref"]).removeprefix("#/$defs/")
    if name not in defs or set(schema) - _NOTES - {"$ref"}:
        raise TooRichError
    return _value(defs[name], {other: value for other, value in defs.items() if other != name})


def _only(schema: Schema, keys: set[str]) -> None:
    if set(schema) - keys - _NOTES:
        raise TooRichError


def _object(schema: Schema, defs: Schema) -> str:
    properties: Schema = schema.get("properties", {})
    names: list[str] = schema.get("required", [])
    if not names or set(names) != set(properties) or schema.get("additionalProperties"):
        raise TooRichError
    members = [f"{_literal(name)} colon {_value(properties[name], defs)}" for name in names]
    return f'("{{" {" comma ".join(members)} "}}")'


def _array(schema: Schema, defs: Schema) -> str:
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    if "items" not in schema or most == 0:
        raise TooRichError
    item = _value(schema["items"], defs)
    more = "" if most is None else most - 1
    some = f"{item} (comma {item}){{{max(0, least - 1)},{more}}}"
    return f'("[" {some} "]")' if least else f'("[" ({some})? "]")'


def _scalar(kind: str, schema: Schema) -> str:
    if kind == "string":
        return _string_name(schema.get("minLength", 0), schema.get("maxLength"))
    if kind == "integer":
        return _integer(schema.get("minimum"), schema.get("maximum"))
    if kind == "number":
        return f"({_NUMBER})"
    return _one_of([True, False] if kind == "boolean" else [None])


def _string_name(least: int, most: int | None) -> str:
    """The rule of a kind of string; all strings of the kind share it.

    The runtime makes a mask over the vocabulary for every state of every rule. That takes a second
    for one long string, and most of a minute for a judge's reply with 22 reasons.
    """
    if most is not None and most < least:
        raise TooRichError
    return f"text-{least}-{'any' if most is None else most}"


def _strings_in(grammar: str) -> str:
    """The rules for the strings that a grammar uses."""
    names = sorted(set(re.findall(r"\btext-(\d+)-(\d+|any)\b", grammar)))
    rules = (
        f"text-{least}-{most} ::= {_string(int(least), None if most == 'any' else int(most))}\n"
        for least, most in names
    )
    return "".join(rules)


def _string(least: int, most: int | None) -> str:
    """A string of `least` to `most` characters.

    Counting some hundreds of single characters makes the runtime very slow (each count is a state
    with its own mask over the vocabulary), and so do escapes within a count. So a string with a
    bound is counted in eights, may end up to 7 characters short of the bound (63 from 500 on), and
    has no character that needs an escape: models then quote with ' or typographic marks. A string
    without a bound may have every character.
    """
    rest = _ANY_TEXT if most is None else _up_to(most - least)
    return f'("\\"" {_exactly(least)} {rest} "\\"")'


def _exactly(n: int) -> str:
    return f"eight{{{n // 8}}} {_PLAIN}{{{n % 8}}}"


def _up_to(n: int) -> str:
    if n < 0:
        raise TooRichError
    if n < 16:
        return f"{_PLAIN}{{0,{n}}}"
    eights = (n + 1) // 8 - 1
    if eights < 64:
        return f"eight{{0,{eights}}} {_PLAIN}{{0,7}}"
    return f"sixtyfour{{0,{(eights + 1) // 8 - 1}}} eight{{0,7}} {_PLAIN}{{0,7}}"


def _integer(low: int | None, high: int | None) -> str:
    if low is None and high is None:
        return f"({_INTEGER})"
    if low is None or high is None or not 0 <= high - low < _MOST_INTEGERS:
        raise TooRichError
    return _one_of(list(range(low, high + 1)))


def _one_of(values: list[Any]) -> str:
    return "(" + " | ".join(_literal(value) for value in values) + ")"


def _literal(value: Any) -> str:
    """A JSON value as it is written in a reply."""
    return _quoted(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
