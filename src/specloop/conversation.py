"""Conversations: what is said in them changed, shown as a text, and put as a task."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from specloop.jsontext import read_value
from specloop.records import Message, ToolCall
from specloop.scrub import each_text

Change = Callable[[str], str]


def changed(message: Message, change: Change) -> Message:
    """The turn with every text in it changed, those in the arguments of tool calls too.

    Parts that together hold what `change` is about become one text: templates may join them.
    """
    if not (message.parts or message.tool_calls or message.tool_call_id):
        text = change(message.content)
        return message if text is message.content else message.model_copy(update={"content": text})
    parts = tuple(map(change, message.parts))
    joined = [between.join(parts) for between in ("", "\n")]
    update = {
        "content": change(joined[1] if parts else message.content),
        "parts": parts if [change(text) for text in joined] == joined else (),
        "tool_calls": tuple(_changed_call(call, change) for call in message.tool_calls),
        "tool_call_id": change(message.tool_call_id),
    }
    return message.model_copy(update=update)


def _changed_call(call: ToolCall, change: Change) -> ToolCall:
    told = {"id": change(call.id), "name": change(call.name)}
    try:
        value = read_value(call.arguments)
    except ValueError:
        return ToolCall(arguments=change(call.arguments), **told)
    # An escape in JSON may hide what is looked for.
    safe = each_text(value, change)
    text = call.arguments if safe == value else json.dumps(safe, ensure_ascii=False)
    return ToolCall(arguments=change(text), **told)


def extended(message: Message, text: str) -> Message:
    """The turn with a paragraph more, or a part more where it has parts."""
    if message.parts:
        parts = (*message.parts, text)
        return message.model_copy(update={"parts": parts, "content": "\n".join(parts)})
    return message.model_copy(update={"content": f"{message.content}\n\n{text}"})


def has_tools(messages: Sequence[Message]) -> bool:
    """Whether tools take part."""
    return any(message.tool_calls or message.role == "tool" for message in messages)


def beyond_request(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The conversation; empty where it is a user's request in one text and nothing more."""
    alone = len(messages) == 1 and messages[0].role == "user" and not messages[0].parts
    return () if alone else tuple(messages)


def turns_of(request: str, conversation: Sequence[Message]) -> tuple[Message, ...]:
    """The turns of a conversation whose last user turn is the request; the request alone where
    there is none."""
    if conversation:
        return with_request(conversation, request)
    return (Message(role="user", content=request),)


def with_request(messages: Sequence[Message], request: str) -> tuple[Message, ...]:
    """The conversation with another text in its last user turn."""
    place = max((n for n, m in enumerate(messages) if m.role == "user"), default=None)
    if place is None or messages[place].content == request:
        return tuple(messages)
    asked = Message(role="user", content=request)
    return (*messages[:place], asked, *messages[place + 1 :])


def transcript(messages: Sequence[Message]) -> str:
    """A conversation as a text to be looked at. Each line of what was said is marked, so that no
    text can begin another turn."""
    return "\n".join(line for message in messages for line in _shown(message))


def _shown(message: Message) -> list[str]:
    lines = [f"{message.role}:", *_marked(message.content)]
    if message.tool_calls:
        lines = lines if message.content.strip() else []
        calls = [f"{call.name} {call.arguments}" for call in message.tool_calls]
        lines += [f"{message.role}, calling tools:", *(line for c in calls for line in _marked(c))]
    return lines


def _marked(text: str) -> list[str]:
    return [f"> {line}" for line in text.splitlines() or [""]]
