"""Ask a model for values in a form, and ask again only for those that could not be read."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self, TypeVar

from specloop.errors import ContextError
from specloop.llm.base import Model, Reply, Request
from specloop.records import Message, Sampling

_NOT_IN_FULL = "could not be used in full"
MORE_ROOM = 2
"""How many times the tokens a repair gets after a reply that was cut."""


class Item(NamedTuple):
    """A value that was read."""

    value: str
    reason: str = ""


class ReplyReading(NamedTuple):
    """What a reply holds, and what is wrong with the rest in a few words (empty: nothing)."""

    items: dict[str, Item]
    slip: str = ""


@dataclass(frozen=True)
class ReplyForm(ABC):
    """What is asked for in one call: a value under each id, in a reply with the call's key."""

    key: str
    ids: tuple[str, ...]
    enforced: bool
    """The backend enforces a JSON schema; otherwise the reply is lines."""

    def only(self, ids: tuple[str, ...]) -> Self:
        """The form that asks only for these."""
        return replace(self, ids=ids)

    def in_lines(self) -> Self:
        """The form for a server that does not take the schema."""
        return replace(self, enforced=False)

    @property
    def schema(self) -> str:
        """For `Request.json_schema`; empty where the reply is lines."""
        # The keys are not sorted: servers write the properties in the order of the schema.
        members = object_of(self.members) if self.enforced else None
        return json.dumps(members, separators=(",", ":")) if members else ""

    def read(self, reply: Reply) -> ReplyReading:
        """The values asked for, and only those."""
        slip = withheld(reply)
        return ReplyReading({}, slip) if slip else self.values_in(reply)

    @property
    @abstractmethod
    def members(self) -> dict[str, Any]:
        """The JSON schemas of the reply's members, in their order."""

    @property
    @abstractmethod
    def words(self) -> str:
        """The form as an instruction at the end of the prompt."""

    @abstractmethod
    def values_in(self, reply: Reply) -> ReplyReading:
        """The values in a reply that holds a text."""


F = TypeVar("F", bound=ReplyForm)


class Attempts(NamedTuple):
    """How often and how long a model may answer."""

    max_tokens: int
    repairs: int


class Outcome(NamedTuple):
    """The result of one question and its repairs."""

    items: dict[str, Item]
    slip: str
    """Why the other values are missing."""
    replies: tuple[str, ...]

    def missing(self, what: str) -> str:
        """Why there is none of what was asked for, in words."""
        began = self.replies[-1].strip()[:80] if self.replies else ""
        return f"no {what} in the judge's last reply: {self.slip}; it began {began!r}"


async def ask(
    form: F, prompt: Callable[[F, str], tuple[Message, ...]], model: Model, attempts: Attempts
) -> Outcome:
    """Ask for the form's values, then for what is missing.

    `prompt` gets the form and what was wrong before, which is empty at first.

    Every request follows from the replies before it, so a resumed run finds them in the call cache.
    """
    items: dict[str, Item] = {}
    replies: list[str] = []
    slip, max_tokens = "", attempts.max_tokens
    for _ in range(attempts.repairs + 1):
        again = _again(len(replies), slip)
        request = Request(
            messages=prompt(form, again),
            sampling=Sampling(max_tokens=max_tokens),
            json_schema=form.schema,
            without_schema=prompt(form.in_lines(), again) if form.enforced else (),
        )
        try:
            reply = await model.generate(request)
        except ContextError as error:
            if not replies:
                raise
            slip = f"{slip}; asked again it did not fit: {error}"
            break
        replies.append(reply.text)
        reading = form.read(reply)
        items |= reading.items
        slip = reading.slip
        missing = tuple(name for name in form.ids if name not in items)
        if not missing or reply.finish == "filter":
            break
        form = form.only(missing)
        if reply.finish == "length":
            max_tokens = MORE_ROOM * attempts.max_tokens
    return Outcome(items, slip, tuple(replies))


def _again(n_before: int, slip: str) -> str:
    return f"Reply {n_before} {_NOT_IN_FULL}: {slip}. " if n_before else ""


def n_before(request: Request) -> int:
    """Replies before, of which a request says that the last could not be used in full."""
    match = re.search(rf"Reply (\d+) {_NOT_IN_FULL}: ", request.messages[-1].content)
    return int(match[1]) if match else 0


def withheld(reply: Reply) -> str:
    """Why a reply has nothing to read; empty where it has."""
    if reply.finish == "filter":
        return "a content filter withheld the reply"
    if not reply.text.strip():
        return "it was cut before any verdict" if reply.finish == "length" else "it was empty"
    return ""


def one_of(texts: Sequence[str]) -> dict[str, Any]:
    """A JSON schema: one of these texts."""
    return {"type": "string", "enum": list(texts)}


def object_of(properties: dict[str, Any]) -> dict[str, Any]:
    """A JSON schema: just these properties, in this order."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
