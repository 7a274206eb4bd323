"""Conversations into tokens and tokens into replies, by a model's own tokenizer and template."""

# pyright: basic
from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from typing import Any, ClassVar, NamedTuple

from specloop.ended import Finish
from specloop.errors import ContextError, InputError, ModelError
from specloop.llm.base import Reply, Request, Usage
from specloop.llm.chat import Markers, Turn, Turns, joined, tool_call
from specloop.llm.context import misfit
from specloop.llm.switch import Parameters, template_switch
from specloop.llm.thinking import (
    Begun,
    answering,
    apart,
    ended,
    in_own_marks,
    marks_among,
    own_marks,
    thought_begun,
    turn_begun,
)
from specloop.records import Message
from specloop.records.conversation import has_tools
from specloop.turntokens import folded, shaped

_BEGINNINGS = ("<", "[", "]", "◁", "◀", "＜", "［", "﹤")
"""How turn markers begin."""
_WORDS_OF_TOOLS = ("look_up_plant", "height", "seven", "nineteen")
_TOOLS_USED: Turns = (
    {"role": "user", "content": "How high?"},
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [tool_call("a1b2c3d4e", "look_up_plant", {"height": "seven"})],
    },
    {"role": "tool", "tool_call_id": "a1b2c3d4e", "name": "look_up_plant", "content": "nineteen"},
)
"""A template with a place for tools writes all of these words."""


@contextmanager
def named(model: str) -> Generator[None]:
    """Put a model's name before the message of an error in the body."""
    try:
        yield
    except (InputError, ModelError) as error:
        raise type(error)(f"{model}: {error}") from None


class PromptTokens(NamedTuple):
    """A conversation as tokens up to the model's reply, and how that reply is begun."""

    ids: list[int]
    begun: Begun

    def reply(
        self, text: str, finish: Finish, n_tokens: int, logprobs: Iterable[float] | None = None
    ) -> Reply:
        """The reply from the text of `n_tokens` generated tokens, with its thought apart."""
        begun = self.begun._replace(cut=finish == "length")
        parts = apart(text, begun)
        return Reply(
            text=parts.text,
            reasoning=parts.thought,
            finish=ended(parts, begun, finish),
            usage=Usage(prompt_tokens=len(self.ids), completion_tokens=n_tokens),
            logprobs=None if logprobs is None else tuple(logprobs),
        )


class ChatTokens(ABC):
    """A tokenizer with its chat template.

    `thinking` turns thinking on or off; InputError if the template has no switch for it. `context`
    is the most tokens of prompt and answer; 0: not known.
    """

    refuses: ClassVar[tuple[type[Exception], ...]]
    """What the template raises for turns that it does not take."""

    def __init__(self, tokenizer: Any, thinking: bool | None = None, context: int = 0) -> None:
        self._tokenizer = tokenizer
        self.context = context
        control, names = dict(self._control()), self._names()
        template = str(tokenizer.chat_template or "")
        # The test by shape takes long for a whole vocabulary.
        begun = (name for name in names if name[:1] in _BEGINNINGS)
        ordinary = {name for name in begun if folded(name).text in shaped(name)}
        self.markers = Markers({*control, *ordinary, *shaped(template)})
        kept = marks_among(control)
        self._marks = {number for token, number in control.items() if token in kept}
        self._left_out = set(control.values()) - self._marks
        self.own = own_marks(names, template)

        probe = partial(self._write, [{"role": "user", "content": "a"}], True)
        self._switches = template_switch(thinking, probe)

    @abstractmethod
    def _control(self) -> Iterable[tuple[str, int]]:
        """The control tokens with their numbers."""

    @abstractmethod
    def _names(self) -> set[str]:
        """The tokens that may be turn markers or begin a thought, as text."""

    @abstractmethod
    def _write(self, turns: Turns, begin: bool, switches: Parameters) -> str:
        """Turns in the template, with the beginning of the assistant's turn if `begin`."""

    @abstractmethod
    def _ids(self, text: str, special: bool) -> list[int]:
        """The token ids of a short text; `special`: with the tokenizer's beginning (BOS)."""

    def written(self, messages: Sequence[Message], *, ended: bool = False) -> str:
        """The conversation as text up to the assistant's turn, or `ended` with its last turn;
        ModelError if the template does not take it in any form.

        Some templates refuse a system turn or silently leave it out: then its text goes in front
        of the user's. Some want the roles to alternate: then turns of one role are joined.
        """
        turns = self.markers.turns(messages)
        if has_tools(messages):
            turns = self._put_tools(turns)
        system = [_solid(turn["content"]) for turn in turns if turn["role"] == "system"]
        reason = "it leaves the system's turn out"
        for form in (turns, joined(turns), joined(_without_system(turns))):
            try:
                text = self._write(form, not ended, self._switches)
            except self.refuses as error:
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
                text = self._write(put(_TOOLS_USED), True, self._switches)
            except (*self.refuses, TypeError, ValueError):
                continue
            if all(word in text for word in _WORDS_OF_TOOLS):
                return put
        raise InputError(
            "its chat template has no place for tool calls and their results: take a model with a"
            " template that has, or leave out the conversations with tools"
        )

    def encode(self, text: str) -> list[int]:
        """The token ids, with nothing added."""
        return self._ids(text, False)

    def decode(self, ids: Sequence[int]) -> str:
        """The text without control tokens, except those around thoughts."""
        if self._marks.isdisjoint(ids):
            return self._tokenizer.decode(list(ids), skip_special_tokens=True)
        kept = [number for number in ids if number not in self._left_out]
        return self._tokenizer.decode(kept, skip_special_tokens=False)

    def prompt(
        self, messages: Sequence[Message], prefill: str = "", stop: Sequence[str] = ()
    ) -> PromptTokens:
        """The tokens of a conversation in the model's own template; ModelError if the template does
        not take the messages in any form."""
        opening = self.written(messages)
        prefill = in_own_marks(prefill, self.own, self.markers.plain)
        mark = "" if prefill else thought_begun(opening)
        begun = Begun(prefill, mark=mark, stops_there="</think>" in stop)
        return PromptTokens(self.encode(turn_begun(opening, prefill)), begun)

    def asked(self, request: Request) -> PromptTokens:
        """The tokens of a request; ContextError if they and the answer do not fit."""
        sampling = request.sampling
        prompt = self.prompt(request.messages, request.prefill, sampling.stop)
        self._must_fit(len(prompt.ids), sampling.max_tokens)
        return prompt

    def scored(self, messages: Sequence[Message], continuation: str) -> tuple[list[int], int]:
        """A given answer after its conversation, and how many of its last tokens are scored. It
        stands where an answer begins, not within a thought; without messages it is the bare text.

        ModelError if there is nothing to score.
        """
        answer = self.encode(self.markers.plain(continuation))
        if messages:
            ids = self.encode(answering(self.written(messages), self.own)) + answer
        else:
            ids = [*self._beginning(), *answer]
        n_scored = min(len(answer), len(ids) - 1)
        if n_scored < 1:
            raise ModelError(f"nothing to score in {continuation!r}")
        self._must_fit(len(ids), 0)
        return ids, n_scored

    def _beginning(self) -> list[int]:
        """What the tokenizer puts before a text outside a chat."""
        letter, whole = self._ids("a", False), self._ids("a", True)
        starts = (n for n in range(len(whole)) if whole[n : n + len(letter)] == letter)
        return whole[: next(starts, 0)]

    def _must_fit(self, n_prompt: int, max_tokens: int) -> None:
        if reason := misfit(n_prompt, max_tokens, self.context):
            raise ContextError(reason)


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


def _solid(text: str) -> str:
    """The text without the white space that templates trim."""
    return "".join(text.split())


def _without_system(turns: Turns) -> list[Turn]:
    return [turn | {"role": "user"} if turn["role"] == "system" else turn for turn in turns]
