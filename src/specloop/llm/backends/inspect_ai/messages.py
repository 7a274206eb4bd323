# pyright: basic, reportMissingImports=false
"""Turn our conversations into Inspect's, and Inspect's into ours."""

from __future__ import annotations

import importlib
import json
from collections.abc import Sequence
from typing import Any

from specloop.errors import InputError
from specloop.jsontext import read_value
from specloop.records import Message, ToolCall

_ROLE = "specloop_role"


def to_inspect(messages: Sequence[Message]) -> list[Any]:
    """Our turns as Inspect's, which has no role `developer`: it becomes `system` with a note."""
    tools = {call.id: call.name for message in messages for call in message.tool_calls}
    return [_to_inspect(message, tools.get(message.tool_call_id)) for message in messages]


def _to_inspect(message: Message, tool_name: str | None) -> Any:
    library, tool = (importlib.import_module(f"inspect_ai.{name}") for name in ("model", "tool"))
    content: Any = [library.ContentText(text=text) for text in message.parts] or message.content
    if message.role == "user":
        return library.ChatMessageUser(content=content)
    if message.role == "tool":
        called = message.tool_call_id or None
        return library.ChatMessageTool(content=content, tool_call_id=called, function=tool_name)
    if message.role != "assistant":
        note = {_ROLE: message.role} if message.role == "developer" else None
        return library.ChatMessageSystem(content=content, metadata=note)
    calls = [
        tool.ToolCall(id=call.id, function=call.name, arguments=_arguments(call))
        for call in message.tool_calls
    ]
    return library.ChatMessageAssistant(content=content, tool_calls=calls or None)


def _arguments(call: ToolCall) -> dict[str, Any]:
    try:
        value = read_value(call.arguments)
    except ValueError:
        value = None
    # Inspect only takes a table of arguments.
    return value if isinstance(value, dict) else {"arguments": call.arguments}


def of_inspect(messages: Sequence[Any]) -> tuple[Message, ...]:
    """Inspect's turns as ours, without thoughts; InputError for other content than text."""
    return tuple(map(_of_inspect, messages))


def _of_inspect(message: Any) -> Message:
    role = (message.metadata or {}).get(_ROLE, message.role)
    fields: dict[str, Any] = {"role": role, "content": message.content}
    if not isinstance(message.content, str):
        parts = [_part(content) for content in message.content if content.type != "reasoning"]
        fields["content"] = parts[0]["text"] if len(parts) == 1 else parts
    if message.role == "assistant":
        calls = message.tool_calls or ()
        fields["tool_calls"] = [
            ToolCall(id=call.id, name=call.function, arguments=json.dumps(call.arguments))
            for call in calls
        ]
    if message.role == "tool":
        fields["tool_call_id"] = message.tool_call_id or ""
        fields["content"] = fields["content"] or (message.error.message if message.error else "")
    return Message.model_validate(fields)


def _part(content: Any) -> dict[str, str]:
    if content.type != "text":
        raise InputError(f"a turn holds {content.type!r}: only text can be taken")
    return {"type": "text", "text": content.text}
