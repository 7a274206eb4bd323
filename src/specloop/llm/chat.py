"""Conversations as chat templates take them, with what the model's markers are made harmless."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby, pairwise

from specloop.errors import ModelError
from specloop.llm.base import Request
from specloop.llm.thinking import Marks, in_own_marks
from specloop.records import Message
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
    return tuple(map(_data_message, messages))


def _data_message(message: Message) -> Message:
    text = broken_up(message.content)
    return message if text is message.content else message.model_copy(update={"content": text})


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

    def turns(self, messages: Sequence[Message]) -> list[dict[str, str]]:
        """Roles as templates know them: a developer speaks as the system.

        System turns in a row are one, since many templates know only the first.
        """
        known = [("system" if m.role == "developer" else m.role, m.content) for m in messages]
        turns: list[dict[str, str]] = []
        for role, group in groupby(known, key=lambda turn: turn[0]):
            texts = [self.plain(text) for _, text in group]
            joined = ["\n\n".join(texts)] if role == "system" else texts
            turns += [{"role": role, "content": text} for text in joined]
        return turns


Turns = Sequence[dict[str, str]]


class Template:
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
        told = [_solid(turn["content"]) for turn in turns if turn["role"] == "system"]
        reason = "it leaves the system's turn out"
        for form in (turns, _joined(turns), _joined(_without_system(turns))):
            try:
                text = self._write(form, not ended)
            except self._refuses as error:
                reason = str(error)
                continue
            solid = _solid(text) if told else ""
            if all(content in solid for content in told):
                return text
        raise ModelError(f"the chat template refuses the messages: {reason}")


def _solid(text: str) -> str:
    """Without the spaces and line ends that templates trim."""
    return "".join(text.split())


def _without_system(turns: Turns) -> list[dict[str, str]]:
    return [turn | {"role": "user"} if turn["role"] == "system" else turn for turn in turns]


def _joined(turns: Turns) -> list[dict[str, str]]:
    """Turns of one role that follow each other as one."""
    return [
        {"role": role, "content": "\n\n".join(turn["content"] for turn in group)}
        for role, group in groupby(turns, key=lambda turn: turn["role"])
    ]
