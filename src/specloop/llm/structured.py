"""Ask a model for JSON in a way that works for weak models too.

A backend that enforces a JSON schema gets the schema; any other gets it in words. A reply that
cannot be read gets one repair turn, which shows the model its reply and names the error; if the
repair cannot be read either, this one question fails with a ModelError. The repair depends only on
the request and the reply, so a resumed run finds it in the call cache.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from specloop.errors import ContextError, ModelError
from specloop.jsontext import cleaned, read_value
from specloop.llm.base import Model, Reply, Request
from specloop.llm.repair import repaired_json
from specloop.llm.schema import in_words
from specloop.records import Message
from specloop.records.conversation import extended

V = TypeVar("V")

_AGAIN = "This reply cannot be used"
_CUT = "the reply was cut before its end; answer more briefly"
_MORE_ROOM = 2
"""How many times the tokens the repair of a cut reply gets."""
_SHOWN = 40_000
"""Most characters of a reply that the model is shown again."""
_LONG = 10_000
"""From this many characters on, a reply is read in a thread, so that nothing else waits."""


class UnreadableError(ModelError):
    """Neither the reply nor its repair could be read, or a content filter withheld them."""


async def ask_json(model: Model, request: Request, read: Callable[[Any], V]) -> V:
    """Ask for JSON by a schema, and return it as read by `read`.

    `read` raises ValueError (pydantic's ValidationError is one) for JSON that does not fit.
    UnreadableError if the repaired reply does not fit either, ModelError if a call failed.
    """
    if not model.capabilities.json_schema:
        request = told_in_words(request)
    reply = await model.generate(request)
    try:
        return await _read(request, reply, read)
    except ValueError as error:
        again = _repair(request, reply, _reason(error))
    try:
        reply = await model.generate(again)
    except ContextError as error:
        raise UnreadableError(f"unreadable reply, and no room to ask again: {error}") from None
    try:
        return await _read(again, reply, read)
    except ValueError as error:
        began = reply.text.strip()[:80]
        message = f"unreadable reply: {_reason(error)}; it began {began!r}"
        raise UnreadableError(message) from None


def is_repair(request: Request) -> bool:
    """Whether a request shows a reply that could not be read and asks for another."""
    return len(request.messages) > 2 and request.messages[-1].content.startswith(_AGAIN)


async def _read(request: Request, reply: Reply, read: Callable[[Any], V]) -> V:
    text = request.prefill + reply.text
    if reply.finish == "filter":
        raise UnreadableError("a content filter withheld the reply")
    # A reply that did not end by itself counts only if its JSON is whole: repair would lose some.
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
    """The JSON in a reply, which may be fenced, among prose or have small slips.

    The last object counts if there are several; an empty string if there is none. ValueError if it
    is nested without end, as by a model in a loop.
    """
    try:
        return read_value(text)
    except json.JSONDecodeError:
        value = cleaned(repaired_json(text))
    if isinstance(value, list) and not text.lstrip().startswith("["):
        objects = [item for item in value if isinstance(item, dict)]
        return objects[-1] if objects else value
    return value


def told_in_words(request: Request) -> Request:
    """The request without its schema: its own form for that, or the fields described in words."""
    messages = request.without_schema or with_last_words(
        request.messages, in_words(request.json_schema)
    )
    return request.model_copy(update={"messages": messages, "json_schema": ""})


def with_last_words(messages: Sequence[Message], words: str) -> tuple[Message, ...]:
    """The conversation with an instruction at the end of the user's last turn, unless it is there
    already."""
    if messages and messages[-1].content.endswith(words):
        return tuple(messages)
    if not messages or messages[-1].role != "user":
        return (*messages, Message(role="user", content=words))
    return (*messages[:-1], extended(messages[-1], words))


def asked_to_begin(messages: Sequence[Message], words: str) -> tuple[Message, ...]:
    """The conversation for a model that cannot be made to begin its answer with some words: it is
    asked to at the end of the last turn, as some chat templates know no system message after it."""
    demand = f"Begin your answer with exactly these words and go on from there:\n{words}"
    return with_last_words(messages, demand)


def _repair(request: Request, reply: Reply, reason: str) -> Request:
    shown = (request.prefill + reply.text).strip()[:_SHOWN] or "(nothing)"
    demand = (
        f"{_AGAIN}: {reason}. Write the whole answer again as JSON in the form"
        " asked for, and nothing else."
    )
    if request.json_schema and reply.finish == "stop":
        # A server that accepts but ignores schemas has never shown the model what to write.
        demand = f"{demand} {in_words(request.json_schema)}"
    turns = (Message(role="assistant", content=shown), Message(role="user", content=demand))
    sampling = request.sampling
    if reply.finish == "length":
        sampling = sampling.model_copy(update={"max_tokens": _MORE_ROOM * sampling.max_tokens})
    update = {"messages": request.messages + turns, "sampling": sampling}
    return request.model_copy(update=update)


def _reason(error: ValueError) -> str:
    """The error in a few words that the model can use."""
    if not isinstance(error, ValidationError):
        return str(error)
    reasons: list[str] = []
    for fault in error.errors()[:3]:
        where = ".".join(str(part) for part in fault["loc"])
        said = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "model_type":
            said = "it holds no JSON object"
        reasons.append(f"{where}: {said}" if where else said)
    return "; ".join(reasons)
