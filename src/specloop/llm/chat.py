"""Conversations as chat templates take them, with the model's markers made harmless."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any

from specloop.jsontext import read_value
from specloop.llm.base import Request
from specloop.llm.thinking import Marks, in_own_marks
from specloop.records import Message, ToolCall
from specloop.records.conversation import changed
from specloop.turntokens import broken_up, folded


def as_data(request: Request) -> Request:
    """The request for a model whose tokens are not known: turn tokens in its texts are broken up,
    except those of a thought that its prefill begins."""
    messages, others = request.messages, request.without_schema
    cleaned = (
        data_messages(messages),
        others and data_messages(others),
        request.prefill and in_own_marks(request.prefill, Marks(), broken_up),
    )
    if cleaned == (messages, others, request.prefill):
        return request
    names = ("messages", "without_schema", "prefill")
    return request.model_copy(update=dict(zip(names, cleaned, strict=True)))


def data_messages(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The messages with turn tokens broken up."""
    return tuple(changed(message, broken_up) for message in messages)


class Markers:
    """A model's control tokens (turn markers and the like), which must not be in data."""

    def __init__(self, tokens: Iterable[str]) -> None:
        seen = {folded(token).text for token in tokens} - {""}
        longest_first = sorted(seen, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)", re.I)

    def plain(self, text: str) -> str:
        """The text with markers broken up by a space, so that it can neither open nor close a turn.

        Markers are found as a tokenizer with its normalisation would find them.
        """
        seen = folded(text)
        places = (seen.span(*match.span())[0] for match in self._pattern.finditer(seen.text))
        cuts = [0, *(place + 1 for place in places), len(text)]
        return " ".join(text[start:end] for start, end in pairwise(cuts))

    def turns(self, messages: Sequence[Message]) -> list[Turn]:
        """The turns with roles that templates know: a developer's turn is a system turn.

        System turns in a row are joined, because many templates know only the first.
        """
        messages = [changed(message, self.plain) for message in messages]
        tools = {call.id: call.name for message in messages for call in message.tool_calls}
        turns: list[Turn] = []
        for is_system, group in groupby(messages, key=lambda m: m.role in _INSTRUCT):
            if is_system:
                turns.append({"role": "system", "content": "\n\n".join(m.content for m in group)})
            else:
                turns += [_turn(message, tools) for message in group]
        return turns


Turn = dict[str, Any]
Turns = Sequence[Turn]
_INSTRUCT = ("system", "developer")


def _turn(message: Message, tools: Mapping[str, str]) -> Turn:
    """A turn as templates take it; `names` has the tools by their calls."""
    turn: Turn = {"role": message.role, "content": message.content}
    if message.tool_calls:
        turn["tool_calls"] = [_call(call) for call in message.tool_calls]
    if message.role == "tool":
        turn["tool_call_id"] = message.tool_call_id
        turn["name"] = tools.get(message.tool_call_id, "")
    return turn


def tool_call(number: str, name: str, arguments: Any) -> dict[str, Any]:
    """A tool call with its arguments, as text or as a value."""
    return {"id": number, "type": "function", "function": {"name": name, "arguments": arguments}}


def _call(call: ToolCall) -> dict[str, Any]:
    try:
        arguments = read_value(call.arguments)
    except ValueError:
        arguments = call.arguments
    return tool_call(call.id, call.name, arguments)


def joined(turns: Turns) -> list[Turn]:
    """The turns with neighbours of one role joined, except those of tools."""
    together: list[Turn] = []
    for (role, of_tools), group in groupby(turns, key=lambda t: (t["role"], len(t) > _PLAIN)):
        alike = list(group)
        if of_tools:
            together += alike
        else:
            texts = filter(None, (text for turn in alike for text in _texts(turn)))
            together.append({"role": role, "content": "\n\n".join(texts)})
    return together


_PLAIN = 2
"""The fields of a turn without tools."""


def _texts(turn: Turn) -> list[str]:
    """The texts of a turn, part by part."""
    content = turn["content"]
    return [content] if isinstance(content, str) else [part["text"] for part in content]
