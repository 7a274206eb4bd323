"""Conversations as chat templates take them, with what the model's markers are made harmless."""

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
    """The request for a model whose tokens are not known: turn tokens in its texts broken up, but
    for those of a thought that its prefill begins."""
    messages, others = request.messages, request.without_schema
    told = (
        data_messages(messages),
        others and data_messages(others),
        request.prefill and in_own_marks(request.prefill, Marks(), broken_up),
    )
    if told == (messages, others, request.prefill):
        return request
    names = ("messages", "without_schema", "prefill")
    return request.model_copy(update=dict(zip(names, told, strict=True)))


def data_messages(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The messages with turn tokens broken up."""
    return tuple(changed(message, broken_up) for message in messages)


class Markers:
    """A model's control tokens (turn markers and the like), to be kept out of data."""

    def __init__(self, tokens: Iterable[str]) -> None:
        seen = {folded(token).text for token in tokens} - {""}
        longest_first = sorted(seen, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)", re.I)

    def plain(self, text: str) -> str:
        """The text with markers broken up by a space: it can neither open nor close a turn. They
        are found however a tokenizer's normalisation would find them."""
        seen = folded(text)
        places = (seen.span(*found.span())[0] for found in self._pattern.finditer(seen.text))
        cuts = [0, *(place + 1 for place in places), len(text)]
        return " ".join(text[start:end] for start, end in pairwise(cuts))

    def turns(self, messages: Sequence[Message]) -> list[Turn]:
        """Roles as templates know them: a developer speaks as the system.

        System turns in a row are one, since many templates know only the first.
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
    """A turn as templates take it, with the names of the tools by their calls."""
    turn: Turn = {"role": message.role, "content": message.content}
    if message.tool_calls:
        turn["tool_calls"] = [_call(call) for call in message.tool_calls]
    if message.role == "tool":
        turn["tool_call_id"] = message.tool_call_id
        turn["name"] = tools.get(message.tool_call_id, "")
    return turn


def _call(call: ToolCall) -> dict[str, Any]:
    try:
        arguments = read_value(call.arguments)
    except ValueError:
        arguments = call.arguments
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": arguments},
    }


def _with_text_arguments(turns: Turns) -> list[Turn]:
    """For templates that put the arguments into the text as they are."""

    def as_text(call: dict[str, Any]) -> dict[str, Any]:
        function = call["function"]
        told = function["arguments"]
        told = told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)
        return call | {"function": function | {"arguments": told}}

    return [
        turn | {"tool_calls": [as_text(call) for call in turn["tool_calls"]]}
        if "tool_calls" in turn
        else turn
        for turn in turns
    ]


class ChatTemplate:
    """A chat template, and how a conversation is put so that it takes all of it.

    `write` puts turns into the template, with the beginning of the assistant's turn where its flag
    says so, and raises one of `refuses` where the template does not take them.
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
        """The conversation as text, up to where the assistant's turn begins, or `ended` with its
        last turn; ModelError where the template takes it in no form.

        Some templates know no system turn, and refuse it or leave it out without a word: its text
        is then put in front of the user's. Some want the roles to alternate: turns of one role are
        then joined.
        """
        turns = self._markers.turns(messages)
        if has_tools(messages):
            turns = self._put_tools(turns)
        told = [_solid(turn["content"]) for turn in turns if turn["role"] == "system"]
        reason = "it leaves the system's turn out"
        for form in (turns, joined(turns), joined(_without_system(turns))):
            try:
                text = self._write(form, not ended)
            except self._refuses as error:
                reason = str(error)
                continue
            solid = _solid(text) if told else ""
            if all(content in solid for content in told):
                return text
        raise ModelError(f"the chat template refuses the messages: {reason}")

    @cached_property
    def _put_tools(self) -> Callable[[Turns], list[Turn]]:
        """How turns with tools are put; InputError where the template has no place for them, or
        leaves them out without a word."""
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
"""What a template with a place for tools writes all words of."""


def _solid(text: str) -> str:
    """Without the spaces and line ends that templates trim."""
    return "".join(text.split())


def _without_system(turns: Turns) -> list[Turn]:
    return [turn | {"role": "user"} if turn["role"] == "system" else turn for turn in turns]


def joined(turns: Turns) -> list[Turn]:
    """Turns of one role that follow each other as one, but for those of tools."""
    found: list[Turn] = []
    for (role, of_tools), group in groupby(turns, key=lambda t: (t["role"], len(t) > _PLAIN)):
        alike = list(group)
        if of_tools:
            found += alike
        else:
            texts = filter(None, (text for turn in alike for text in texts_of(turn)))
            found.append({"role": role, "content": "\n\n".join(texts)})
    return found


_PLAIN = 2
"""Fields of a turn without tools."""


def texts_of(turn: Turn) -> list[str]:
    """What a turn says, part by part."""
    content = turn["content"]
    return [content] if isinstance(content, str) else [part["text"] for part in content]
