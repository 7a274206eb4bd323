"""Conversations as chat templates take them, with the model's markers made harmless."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import groupby, pairwise
from typing import Any

from specloop.conversation import changed, has_tools
from specloop.errors import InputError, ModelError
from specloop.jsontext import read_value
from specloop.llm.base import Request
from specloop.llm.thinking import Marks, in_own_marks
from specloop.records import Message, ToolCall
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


def tool_call(call: ToolCall, arguments: Any) -> dict[str, Any]:
    """A tool call with its arguments, as text or as a value."""
    function = {"name": call.name, "arguments": arguments}
    return {"id": call.id, "type": "function", "function": function}


def _call(call: ToolCall) -> dict[str, Any]:
    try:
        return tool_call(call, read_value(call.arguments))
    except ValueError:
        return tool_call(call, call.arguments)


def _with_text_arguments(turns: Turns) -> list[Turn]:
    """The turns for templates that put a tool call's arguments into the text as they are."""

    def as_text(call: dict[str, Any]) -> dict[str, Any]:
        value = call["function"]["arguments"]
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return call | {"function": call["function"] | {"arguments": text}}

    return [
        turn | {"tool_calls": [*map(as_text, turn["tool_calls"])]} if "tool_calls" in turn else turn
        for turn in turns
    ]


class ChatTemplate:
    """A chat template, and a way to write a conversation so that it takes all of it.

    `write` puts turns into the template, with the beginning of the assistant's turn if its flag
    says so, and raises one of `refuses` if the template does not take them.
    """

    def __init__(
        self,
        write: Callable[[Turns, bool], str],
        markers: Markers,
        refuses: tuple[type[Exception], ...],
    ) -> None:
        self._write = write
        self._markers = markers
        self._refuses = refuses

    def written(self, messages: Sequence[Message], *, ended: bool = False) -> str:
        """The conversation as text up to the assistant's turn, or `ended` with its last turn;
        ModelError if the template does not take it in any form.

        Some templates refuse a system turn or silently leave it out: then its text goes in front
        of the user's. Some want the roles to alternate: then turns of one role are joined.
        """
        turns = self._markers.turns(messages)
        if has_tools(messages):
            turns = self._put_tools(turns)
        system = [_solid(turn["content"]) for turn in turns if turn["role"] == "system"]
        reason = "it leaves the system's turn out"
        for form in (turns, joined(turns), joined(_without_system(turns))):
            try:
                text = self._write(form, not ended)
            except self._refuses as error:
                reason = str(error)
                continue
            solid = _solid(text) if system else ""
            if all(content in solid for content in system):
                return text
        raise ModelError(f"the chat template refuses the messages: {reason}")

    @cached_property
    def _put_tools(self) -> Callable[[Turns], list[Turn]]:
        """How to write turns with tools; InputError if the template has no place for them or
        silently leaves them out."""
        for put in (list, _with_text_arguments):
            try:
                text = self._write(put(_TOOLS_USED), True)
            except (*self._refuses, TypeError, ValueError):
                continue
            if all(word in text for word in _WORDS_OF_TOOLS):
                return put
        raise InputError(
            "its chat template has no place for tool calls and their results: take a model with a"
            " template that has, or leave out the conversations with tools"
        )


_WORDS_OF_TOOLS = ("look_up_plant", "height", "seven", "nineteen")
_TOOLS_USED: Turns = (
    {"role": "user", "content": "How high?"},
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            _call(ToolCall(id="a1b2c3d4e", name="look_up_plant", arguments='{"height": "seven"}'))
        ],
    },
    {"role": "tool", "tool_call_id": "a1b2c3d4e", "name": "look_up_plant", "content": "nineteen"},
)
"""A template with a place for tools writes all of these words."""


def _solid(text: str) -> str:
    """The text without the white space that templates trim."""
    return "".join(text.split())


def _without_system(turns: Turns) -> list[Turn]:
    return [turn | {"role": "user"} if turn["role"] == "system" else turn for turn in turns]


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
