"""Conversations into tokens and tokens into replies, by a model's own tokenizer and template."""

# pyright: basic
from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, NamedTuple

from specloop.ended import Finish
from specloop.errors import ContextError, InputError, ModelError
from specloop.llm.base import Reply, Request, Usage
from specloop.llm.chat import ChatTemplate, Markers, Turns
from specloop.llm.context import misfit
from specloop.llm.switch import Parameters, template_switch
from specloop.llm.thinking import (
    Begun,
    answering,
    apart,
    ended,
    in_own_marks,
    in_own_stops,
    marks_among,
    own_marks,
    thought_begun,
    turn_begun,
)
from specloop.records import Message
from specloop.turntokens import folded, shaped

_BEGINNINGS = ("<", "[", "]", "◁", "◀", "＜", "［", "﹤")
"""How turn markers begin."""


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
        self._own = own_marks(names, template)

        def probe(switches: Parameters) -> str:
            return self._write([{"role": "user", "content": "a"}], True, switches)

        switches = template_switch(thinking, probe)

        def write(turns: Turns, begin: bool) -> str:
            return self._write(turns, begin, switches)

        self.template = ChatTemplate(write, self.markers, self.refuses)

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
        opening = self.template.written(messages)
        prefill = in_own_marks(prefill, self._own, self.markers.plain)
        mark = "" if prefill else thought_begun(opening)
        begun = Begun(prefill, mark=mark, stops_there="</think>" in stop)
        return PromptTokens(self.encode(turn_begun(opening, prefill)), begun)

    def asked(self, request: Request) -> PromptTokens:
        """The tokens of a request; ContextError if they and the answer do not fit."""
        sampling = request.sampling
        prompt = self.prompt(request.messages, request.prefill, sampling.stop)
        self._must_fit(len(prompt.ids), sampling.max_tokens)
        return prompt

    def own_stops(self, stop: tuple[str, ...]) -> tuple[str, ...]:
        """Strings that end a reply, in the model's own marks."""
        return in_own_stops(stop, self._own)

    def scored(self, messages: Sequence[Message], continuation: str) -> tuple[list[int], int]:
        """A given answer after its conversation, and how many of its last tokens are scored. It
        stands where an answer begins, not within a thought; without messages it is the bare text.

        ModelError if there is nothing to score.
        """
        answer = self.encode(self.markers.plain(continuation))
        if messages:
            ids = self.encode(answering(self.template.written(messages), self._own)) + answer
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
