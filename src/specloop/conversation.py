"""Conversations: change their texts, show them as a text, and turn them into a task."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from specloop.jsontext import read_value
from specloop.records import Message, ToolCall
from specloop.scrub import each_text

Change = Callable[[str], str]


def changed(message: Message, change: Change) -> Message:
    """The turn with every text in it changed, also in the arguments of tool calls.

    Parts that only together hold what `change` is about become one text: templates may join them.
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
    renamed = {"id": change(call.id), "name": change(call.name)}
    try:
        value = read_value(call.arguments)
    except ValueError:
        return ToolCall(arguments=change(call.arguments), **renamed)
    # An escape in JSON may hide what `change` looks for.
    safe = each_text(value, change)
    text = call.arguments if safe == value else json.dumps(safe, ensure_ascii=False)
    return ToolCall(arguments=change(text), **renamed)


def extended(message: Message, text: str) -> Message:
    """The turn with one more paragraph, or one more part if it has parts."""
    if message.parts:
        parts = (*message.parts, text)
        return message.model_copy(update={"parts": parts, "content": "\n".join(parts)})
    return message.model_copy(update={"content": f"{message.content}\n\n{text}"})


def has_tools(messages: Sequence[Message]) -> bool:
    """Whether the conversation has tool calls or tool results."""
    return any(message.tool_calls or message.role == "tool" for message in messages)


def turns_of(request: str, conversation: Sequence[Message]) -> tuple[Message, ...]:
    """The turns of a conversation whose last user turn is the request; only the request if there is
    no conversation."""
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
    """A conversation as a text to look at. Each line of a turn is marked, so that no text can begin
    another turn."""
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
