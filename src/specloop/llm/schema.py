"""Put a JSON schema in plain words, for models whose server cannot enforce all of it.

Small models follow a list of fields better than a schema. What the words cannot express is shown as
the schema itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

Schema = Mapping[str, Any]

_SIMPLE = {"integer": "a whole number", "number": "a number", "boolean": "true or false"}
_KNOWN = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems", "maxItems"},
    "string": {"minLength", "maxLength"},
    "integer": {"minimum", "maximum"},
    "number": {"minimum", "maximum"},
    "boolean": set[str](),
}
_NOTES = {"type", "title", "description"}
_ANY = {"entries": "any number of entries", "characters": "any length"}


class TooRichError(Exception):
    """A schema holds something that has no form here."""


@lru_cache(maxsize=256)
def in_words(schema: str) -> str:
    """What to write, as an instruction at the end of a message."""
    root: Schema = json.loads(schema)
    try:
        if root.get("type") != "object":
            raise TooRichError
        fields = "\n".join(_fields(root, ""))
    except TooRichError:
        return f"Answer with JSON that fits this JSON schema, and nothing else:\n{schema}"
    return f"Answer with one JSON object and nothing else. Its fields:\n{fields}"


def _fields(schema: Schema, indent: str) -> Iterator[str]:
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        note = "" if name in required else " (may be left out)"
        yield f'{indent}- "{name}": {_value(field)}{note}'
        inner = field.get("items", field)
        if inner.get("type") == "object":
            yield from _fields(inner, indent + "  ")


def _value(schema: Schema) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(json.dumps(v, ensure_ascii=False) for v in schema["enum"])
    kind = schema.get("type")
    if not isinstance(kind, str) or schema.keys() - _NOTES - _KNOWN.get(kind, set()):
        raise TooRichError
    if kind == "object":
        return "an object with the fields"
    if kind == "array":
        if "items" not in schema or schema["items"].get("type") == "array":
            raise TooRichError
        return f"a list of {_between(schema, 'Items', 'entries')}, each {_value(schema['items'])}"
    if kind == "string":
        return f"text of {_between(schema, 'Length', 'characters')}"
    if kind not in _SIMPLE:
        raise TooRichError
    low, high = schema.get("minimum"), schema.get("maximum")
    bounds = [f"at least {low}"] * (low is not None) + [f"at most {high}"] * (high is not None)
    return " ".join([_SIMPLE[kind], ", ".join(bounds)]).strip()


def _between(schema: Schema, what: str, unit: str) -> str:
    low, high = schema.get(f"min{what}"), schema.get(f"max{what}")
    if low and low == high:
        return f"{low} {unit}"
    if low and high:
        return f"{low} to {high} {unit}"
    if high:
        return f"at most {high} {unit}"
    return f"{low} or more {unit}" if low else _ANY[unit]


LIMITS = frozenset(
    {
        *("minLength", "maxLength", "pattern", "format", "minimum", "maximum", "multipleOf"),
        *("minItems", "maxItems", "uniqueItems"),
    }
)
"""Keywords that some servers refuse although they enforce the rest of a schema. Every one is
refused by some server; OpenAI's fine-tuned models and Azure refuse all."""


def has_limits(schema: str) -> bool:
    """Whether a schema limits lengths or numbers."""
    return any(f'"{name}":' in schema for name in LIMITS)


def without_limits(schema: Schema) -> dict[str, Any]:
    """The schema with its limits moved to descriptions; the reader of the reply has to check
    them."""
    kept: dict[str, Any] = {k: v for k, v in schema.items() if k not in LIMITS}
    for name in ("properties", "$defs"):
        if name in kept:
            kept[name] = {k: without_limits(v) for k, v in kept[name].items()}
    if "items" in kept:
        kept["items"] = without_limits(kept["items"])
    if "anyOf" in kept:
        kept["anyOf"] = [without_limits(choice) for choice in kept["anyOf"]]
    if len(kept) < len(schema) and "description" not in kept:
        kept["description"] = _limits_in_words(schema)
    return kept


def _limits_in_words(schema: Schema) -> str:
    own = {k: v for k, v in schema.items() if k not in ("items", "enum")}
    if own.get("type") == "array":
        return _between(own, "Items", "entries")
    try:
        return _value(own)
    except TooRichError:
        return ", ".join(f"{k}: {json.dumps(v)}" for k, v in own.items() if k in LIMITS)


@lru_cache(maxsize=1024)
def shape(schema: str) -> str:
    """A name for all schemas that differ only in names, values and numbers, because a server treats
    them alike."""
    whole = json.dumps(_shape(json.loads(schema)))
    return hashlib.sha256(whole.encode()).hexdigest()[:12]


def _shape(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return []
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    inner += [schema["items"]] if "items" in schema else []
    children = sorted({json.dumps(_shape(child)) for child in inner})
    return [schema.get("type", ""), sorted(schema), children]
