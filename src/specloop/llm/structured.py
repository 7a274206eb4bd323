"""Asking a model for JSON, so that weak models manage as well.

A backend that enforces a JSON schema gets it; to any other the schema is put in words. A reply that
cannot be read gets one repair turn, which shows the model its reply and names the error; what
cannot be read then is a ModelError of this one question. The repair follows from the request and
the reply alone, so a resumed run finds it in the call cache.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from specloop.conversation import extended
from specloop.errors import ContextError, ModelError
from specloop.jsontext import cleaned, read_value
from specloop.llm.base import Model, Reply, Request
from specloop.llm.repair import repaired_json
from specloop.llm.schema import in_words
from specloop.records import Message

V = TypeVar("V")

_CUT = "the reply was cut before its end; answer more briefly"
_MORE_ROOM = 2
"""Times the tokens for the repair of a reply that was cut."""
_SHOWN = 40_000
"""Characters of a reply that the model is shown again."""
_LONG = 10_000
"""Characters of a reply that is read in a thread, so that nothing else waits."""


class UnreadableError(ModelError):
    """Neither the reply nor its repair could be read, or a content filter withheld them."""


async def ask_json(model: Model, request: Request, read: Callable[[Any], V]) -> V:
    """What `read` makes of the JSON that the model answers to a request with a schema.

    `read` raises ValueError (pydantic's ValidationError is one) for what does not fit. Raises
    UnreadableError where the repaired reply does not fit either, ModelError where a call failed.
    """
    asked = request if model.capabilities.json_schema else told_in_words(request)
    reply = await model.generate(asked)
    try:
        return await _read(asked, reply, read)
    except ValueError as error:
        again = _repair(asked, reply, _reason(error))
    try:
        reply = await model.generate(again)
    except ContextError as error:
        raise UnreadableError(f"unreadable reply, and no room to ask again: {error}") from None
    try:
        return await _read(again, reply, read)
    except ValueError as error:
        began = reply.text.strip()[:80]
        told = f"unreadable reply: {_reason(error)}; it began {began!r}"
        raise UnreadableError(told) from None


async def _read(asked: Request, reply: Reply, read: Callable[[Any], V]) -> V:
    text = asked.prefill + reply.text
    if reply.finish == "filter":
        raise UnreadableError("a content filter withheld the reply")
    # One that did not end by itself counts only where its JSON is whole: repaired it would be less.
    if reply.finish != "stop" and not _is_whole(text):
        raise ValueError(_CUT)
    long = len(text) > _LONG
    return read(await asyncio.to_thread(parse_json, text) if long else parse_json(text))


def _is_whole(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def parse_json(text: str) -> Any:
    """The JSON in a reply: fenced, among prose or with small slips; the last object where there
    are several. An empty string where there is none. ValueError where it is nested without end, as
    a model writes that goes round in circles."""
    try:
        return read_value(text)
    except json.JSONDecodeError:
        found = cleaned(repaired_json(text))
    if isinstance(found, list) and not text.lstrip().startswith("["):
        objects = [one for one in found if isinstance(one, dict)]
        return objects[-1] if objects else found
    return found


def told_in_words(request: Request) -> Request:
    """The request without its schema: in the form it has for that, or with the fields described in
    words."""
    messages = request.without_schema or with_last_words(
        request.messages, in_words(request.json_schema)
    )
    return request.model_copy(update={"messages": messages, "json_schema": ""})


def with_last_words(messages: Sequence[Message], words: str) -> tuple[Message, ...]:
    """The conversation with an instruction at the very end, in the user's last turn, unless it is
    there already."""
    *before, last = messages
    if last.content.endswith(words):
        return tuple(messages)
    if last.role != "user":
        return (*messages, Message(role="user", content=words))
    return (*before, extended(last, words))


def _repair(asked: Request, reply: Reply, reason: str) -> Request:
    said = (asked.prefill + reply.text).strip()[:_SHOWN] or "(nothing)"
    demand = (
        f"This reply cannot be used: {reason}. Write the whole answer again as JSON in the form"
        " asked for, and nothing else."
    )
    if asked.json_schema and reply.finish == "stop":
        # A server that takes schemas and overlooks them has never told the model what to write.
        demand = f"{demand} {in_words(asked.json_schema)}"
    turns = (Message(role="assistant", content=said), Message(role="user", content=demand))
    sampling = asked.sampling
    if reply.finish == "length":
        sampling = sampling.model_copy(update={"max_tokens": _MORE_ROOM * sampling.max_tokens})
    update = {"messages": asked.messages + turns, "sampling": sampling}
    return asked.model_copy(update=update)


def _reason(error: ValueError) -> str:
    """The error in a few words that the model can act on."""
    if not isinstance(error, ValidationError):
        return str(error)
    told: list[str] = []
    for one in error.errors()[:3]:
        where = ".".join(str(part) for part in one["loc"])
        told.append(f"{where}: {one['msg']}" if where else "it holds no JSON object")
    return "; ".join(told)
