"""Every schema that is sent is one that strict servers take."""

# pyright: basic
from __future__ import annotations

import ast
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.dialects import LIMITS, strict_fault

import specloop
from specloop.judging.exceptions_form import ExceptionsForm
from specloop.judging.value_form import ValueForm
from specloop.judging.verdict_form import VerdictForm
from specloop.llm.schema import in_words, shape, without_limits
from specloop.spec.refine import answer_schema

PACKAGE = Path(specloop.__file__).parent
IDS = ("S1", "S2", "B1")
WRITTEN = {
    "judging/asking.py": [
        ValueForm("bode", ("score",), True, ("1", "2")).schema,
        ExceptionsForm("k", IDS, True).schema,
    ],
    "judging/verdict_form.py": [VerdictForm("k", IDS, True, n).schema for n in (0, 120)],
    "spec/refine.py": [answer_schema(n) for n in (0, 1)],
}
"""Schemas made by hand, by the file that makes them."""
LOCAL = {
    "least": 1,
    "names": ["plain", "urgency"],
    "order": SimpleNamespace(n=3),
    "settings": SimpleNamespace(n_per_topic=3),
}
"""Stand-ins for what the others take from their surroundings."""


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name:
            yield node


def sent() -> dict[str, list[dict[str, Any]]]:
    """The schemas by file; a file that makes some in a new way is in it without any."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = str(path.relative_to(PACKAGE))
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if any(calls(tree, "schema_text")) and not name.startswith("llm/"):
            found[name] = []
        if name in WRITTEN:
            found[name] = [json.loads(one) for one in WRITTEN[name]]
            continue
        for call in calls(tree, "object_schema"):
            module = importlib.import_module("specloop." + name[:-3].replace("/", "."))
            made = compile(ast.Expression(call), str(path), "eval")
            found.setdefault(name, []).append(eval(made, vars(module) | LOCAL))
    return found


SENT = sent()


def test_the_schemas_of_all_parts_are_here() -> None:
    assert {name.split("/")[0] for name in SENT} == {
        "benchmaker",
        "judging",
        "linting",
        "revision",
        "spec",
        "synth",
    }
    assert all(SENT.values()), [name for name, schemas in SENT.items() if not schemas]


@pytest.mark.parametrize("name", SENT)
def test_strict_servers_take_it(name: str) -> None:
    for schema in SENT[name]:
        fault = strict_fault(schema)
        # Limits are sent to those alone that are not known to refuse them.
        assert not fault or fault.endswith("is not permitted."), fault
        assert strict_fault(without_limits(schema)) == ""
        assert not any(f'"{limit}"' in json.dumps(without_limits(schema)) for limit in LIMITS)


@pytest.mark.parametrize("name", SENT)
def test_it_can_be_said_in_words(name: str) -> None:
    for schema in SENT[name]:
        assert in_words(json.dumps(schema)).startswith("Answer with one JSON object")


def test_the_validator_finds_what_strict_servers_refuse() -> None:
    word = {"type": "string"}
    closed = {"type": "object", "additionalProperties": False}
    assert "'type' key" in strict_fault({"enum": ["a"]})
    assert "maxLength" in strict_fault(word | {"maxLength": 3})
    assert "additionalProperties" in strict_fault({"type": "object", "properties": {}})
    assert "required" in strict_fault(closed | {"properties": {"a": word}})
    assert "items" in strict_fault({"type": "array", "items": {"enum": ["a"]}})
    assert strict_fault(closed | {"properties": {"a": word}, "required": ["a"]}) == ""


def test_limits_become_descriptions() -> None:
    item = {"type": "string", "minLength": 2, "maxLength": 9}
    schema = {"type": "array", "items": item, "minItems": 3, "maxItems": 3}
    told = {"type": "string", "description": "text of 2 to 9 characters"}
    assert without_limits(schema) == {"type": "array", "items": told, "description": "3 entries"}
    assert without_limits({"type": "integer", "minimum": 1}) == {
        "type": "integer",
        "description": "a whole number at least 1",
    }
    dated = {"type": "string", "format": "date"}
    assert without_limits(dated) == {"type": "string", "description": 'format: "date"'}


def test_schemas_of_one_shape_differ_in_names_and_numbers_only() -> None:
    def of(ids: tuple[str, ...], n: int) -> str:
        return shape(VerdictForm("k", ids, True, n).schema)

    assert of(IDS, 120) == of(("S1", "B7"), 80)
    assert of(IDS, 120) != of(IDS, 0)
