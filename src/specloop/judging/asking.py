"""Ask a model for values in a form, and ask again only for those that could not be read."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from specloop.errors import ContextError
from specloop.llm.base import Model, Reply, Request
from specloop.llm.roles import object_schema
from specloop.records import Message, Sampling

_NOT_IN_FULL = "could not be used in full"
MORE_ROOM = 2
"""How many times the tokens a repair gets after a reply that was cut."""


class Item(NamedTuple):
    """A value in a reply."""

    value: str
    reason: str = ""


class Reading(NamedTuple):
    """The values read from a reply and its repairs."""

    items: dict[str, Item]
    slip: str = ""
    """Why the other values are missing, in a few words."""
    replies: tuple[str, ...] = ()

    def missing(self, what: str) -> str:
        """Why there is none of what was asked for, in words."""
        began = self.replies[-1].strip()[:80] if self.replies else ""
        return f"no {what} in the judge's last reply: {self.slip}; it began {began!r}"


@dataclass(frozen=True)
class ReplyForm(ABC):
    """What is asked for in one call: a value under each id, in a reply with the call's key."""

    key: str
    ids: tuple[str, ...]
    enforced: bool
    """The backend enforces a JSON schema; otherwise the reply is lines."""

    @property
    def schema(self) -> str:
        """For `Request.json_schema`; empty where the reply is lines."""
        if not self.enforced:
            return ""
        # The keys are not sorted: servers write the properties in the order of the schema.
        return json.dumps(object_schema(**self.members), separators=(",", ":"))

    def read(self, reply: Reply) -> Reading:
        """The values asked for, and only those."""
        if reply.finish == "filter":
            return Reading({}, "a content filter withheld the reply")
        if not reply.text.strip():
            is_cut = reply.finish == "length"
            return Reading({}, "it was cut before any verdict" if is_cut else "it was empty")
        return self.values_in(reply)

    @property
    @abstractmethod
    def members(self) -> dict[str, Any]:
        """The JSON schemas of the reply's members, in their order."""

    @property
    @abstractmethod
    def words(self) -> str:
        """The form as an instruction at the end of the prompt."""

    @abstractmethod
    def values_in(self, reply: Reply) -> Reading:
        """The values in a reply that holds a text."""


PromptFor = Callable[[ReplyForm, str], tuple[Message, ...]]
"""The prompt for a form and a text that says what was wrong before, empty at first."""


async def ask(
    form: ReplyForm, prompt: PromptFor, model: Model, sampling: Sampling, repairs: int
) -> Reading:
    """Ask for the form's values, then for what is missing, at most `repairs` times.

    After a reply that was cut, the sampling's `max_tokens` counts twice. Every request follows from
    the replies before it, so a resumed run finds them in the call cache.
    """
    items: dict[str, Item] = {}
    replies: list[str] = []
    slip, room = "", sampling.max_tokens
    for _ in range(repairs + 1):
        again = f"Reply {len(replies)} {_NOT_IN_FULL}: {slip}. " if replies else ""
        request = Request(
            messages=prompt(form, again),
            sampling=sampling.model_copy(update={"max_tokens": room}),
            json_schema=form.schema,
            without_schema=prompt(replace(form, enforced=False), again) if form.enforced else (),
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
        form = replace(form, ids=missing)
        if reply.finish == "length":
            room = MORE_ROOM * sampling.max_tokens
    return Reading(items, slip, tuple(replies))


def n_before(request: Request) -> int:
    """Replies before, of which a request says that the last could not be used in full."""
    match = re.search(rf"Reply (\d+) {_NOT_IN_FULL}: ", request.messages[-1].content)
    return int(match[1]) if match else 0


def one_of(texts: Sequence[str]) -> dict[str, Any]:
    """A JSON schema: one of these texts."""
    return {"type": "string", "enum": list(texts)}
