"""Items with gold sets of broken rules: the 150 that come with specloop, or a file of one's own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from specloop.errors import InputError, did_you_mean
from specloop.files import lines_of
from specloop.jsontext import first_fault, numbered_lines, read_value
from specloop.records import PolicyItem, content_id

BUNDLED = Path(__file__).with_name("policy_items.jsonl")
_FIELDS = [name for name in PolicyItem.model_fields if name not in ("id", "messages")]
_KEYS = ("request", "messages", *_FIELDS)


def read_items(path: Path) -> list[PolicyItem]:
    """The items of a JSON Lines file; InputError, with the line, for the first that cannot be used,
    and where one stands there twice."""
    items: list[PolicyItem] = []
    places: dict[str, int] = {}
    for number, line in numbered_lines(lines_of(path)):
        where = f"{path}: line {number}"
        item = _item(where, line)
        for what, key in (("name", item.name), ("policy, request and answer", item.id)):
            if (first := places.setdefault(f"{what} {key}", number)) != number:
                raise InputError(
                    f"{where}: the same {what} as in line {first}; change it, or take one out"
                )
        items.append(item)
    if not items:
        raise InputError(f"{path}: no items; write one a line, as docs/calibration.md shows")
    return items


def items_digest(items: Iterable[PolicyItem]) -> str:
    """Digest of the items, their kinds and groups, and their gold sets."""
    return content_id(sorted([i.id, i.kind, i.cluster, *sorted(i.broken)] for i in items))


def _item(where: str, line: bytes) -> PolicyItem:
    try:
        row = read_value(line)
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise InputError(f"{where}: not JSON; repair the line") from None
    except ValueError as error:
        raise InputError(f"{where}: {error}; repair the line") from None
    if not isinstance(row, Mapping):
        raise InputError(f"{where}: not an object; write a JSON object a line")
    if unknown := next((str(key) for key in row if key not in _KEYS), None):
        hint = did_you_mean(unknown, _KEYS)
        raise InputError(f"{where}: no {unknown!r} in an item.{hint} Rename it, or take it out")
    try:
        return PolicyItem.model_validate(_with_messages(where, dict(row)))
    except ValidationError as error:
        fault = first_fault(error, "the item")
        raise InputError(f"{where}: {fault}; an item has {', '.join(_KEYS)}") from None


def _with_messages(where: str, row: dict[str, Any]) -> dict[str, Any]:
    """The row with its request as a turn."""
    if ("request" in row) is ("messages" in row):
        raise InputError(f"{where}: give what was asked as request, or as messages with its turns")
    if "messages" in row:
        return row
    turn = {"role": "user", "content": row.pop("request")}
    return row | {"messages": [turn]}
