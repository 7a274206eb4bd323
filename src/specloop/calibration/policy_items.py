"""Items with gold sets of broken rules: the 150 that come with specloop, or a file of one's own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import Field, model_validator

from specloop.errors import InputError
from specloop.records import Message, PolicyItem, PolicyRule, Value, content_id, must_ask
from specloop.rowfiles import read_rows

BUNDLED = Path(__file__).with_name("policy_items.jsonl")


class _Row(Value):
    name: str
    policy: tuple[PolicyRule, ...]
    answer: str
    broken: tuple[str, ...]
    request: str = ""
    messages: tuple[Message, ...] = ()
    """The conversation, in place of the request."""
    kind: str = Field(default="plain", min_length=1)
    group: str = ""
    preface: str = ""
    reason: str = ""

    @model_validator(mode="after")
    def _fits(self) -> _Row:
        if bool(self.request) is bool(self.messages):
            raise ValueError("give what was asked as request or as messages")
        try:
            must_ask(self.item.messages)
        except InputError as error:
            raise ValueError(f"messages: {error}") from None
        return self

    @property
    def item(self) -> PolicyItem:
        """The item; ValidationError where its gold set is not of its policy."""
        asked = self.messages or (Message(role="user", content=self.request),)
        fields = {name: value for name, value in self if name != "request"}
        return PolicyItem.model_validate(fields | {"messages": asked})


def read_items(path: Path) -> list[PolicyItem]:
    """The items of a JSON Lines file; InputError, with the line, for the first that cannot be used,
    and where one stands there twice."""
    items: list[PolicyItem] = []
    places: dict[str, str] = {}
    for place, row in read_rows(path, _Row):
        for what, key in (("name", row.item.name), ("policy, request and answer", row.item.id)):
            first = places.setdefault(f"{what} {key}", place)
            if first != place:
                raise InputError(f"{place}: the same {what} as in {first}; take one out")
        items.append(row.item)
    if not items:
        raise InputError(f"{path}: no items; write one a line, as docs/calibration.md shows")
    return items


def items_digest(items: Iterable[PolicyItem]) -> str:
    """Digest of the items, their kinds and groups, and their gold sets."""
    return content_id(sorted([i.id, i.kind, i.cluster, *sorted(i.broken)] for i in items))
