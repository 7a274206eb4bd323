"""A thought begun for the model goes on as plain text, after the conversation as the server writes
it.

Chat templates of reasoning models rewrite the assistant's turn: they put an empty thought before a
begun one or take an ended one out, and llama.cpp refuses a begun turn while thinking is on. So the
server writes the conversation out up to where the assistant's turn begins, by its own template, and
its text endpoint goes on from there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from specloop.errors import ModelError, RefusedError
from specloop.llm.backends.openai.completion import (
    AssistantMessage,
    Choice,
    Completion,
    ErrorInside,
    Lenient,
    ToldUsage,
)
from specloop.llm.backends.openai.dialect import Dialect, drawn, spoken_messages
from specloop.llm.base import Request
from specloop.llm.thinking import turn_begun

_REMEDY = (
    "a begun thought goes on from it: option prefill = 'flags' has the chat endpoint continue it,"
    " prefill = 'words' takes the conversational form"
)
_TAIL = 32
"""Tokens at the end of a conversation in which the template may have begun a thought."""


class Written(Lenient):
    """A conversation or text, written out or cut into tokens."""

    prompt: str = ""
    tokens: tuple[int, ...] = ()
    usage: ToldUsage = None


class _TextChoice(Lenient):
    text: str = ""
    finish_reason: str | None = None


class TextCompletion(Lenient):
    """A completion of plain text."""

    choices: tuple[_TextChoice, ...] = ()
    usage: ToldUsage = None
    error: ErrorInside | None = None

    def as_chat(self) -> Completion:
        """The same as a chat's."""
        choices = tuple(
            Choice(
                message=AssistantMessage(content=choice.text), finish_reason=choice.finish_reason
            )
            for choice in self.choices
        )
        return Completion(choices=choices, usage=self.usage, error=self.error)


Ask = Callable[[str, Mapping[str, Any]], Awaitable[Written]]
"""Sends parameters to a path of the server."""


def goes_as_text(spoken: Dialect, request: Request) -> bool:
    """Whether a request begins a thought and the server can write conversations out. What only the
    chat endpoint gives in a known form is left to it."""
    more = request.json_schema or request.regex or request.logprobs or request.first_token
    return bool(spoken.writes) and "<think>" in request.prefill and not more


async def text_body(ask: Ask, spoken: Dialect, request: Request) -> dict[str, Any]:
    """The parameters of a text completion that continues the conversation."""
    messages = spoken_messages(spoken, request.messages)
    as_written = _as_text if spoken.writes == "text" else _as_tokens
    try:
        prompt = await as_written(ask, messages, request.prefill)
    except RefusedError as error:
        error.args = (f"{error}; {_REMEDY}",)
        raise
    if not prompt:
        raise ModelError(f"the server writes no conversation out; {_REMEDY}")
    return {"prompt": prompt, "add_special_tokens": False, **drawn(spoken, request.sampling)}


async def _as_text(ask: Ask, messages: list[dict[str, Any]], prefill: str) -> str:
    opening = (await ask("apply-template", {"messages": messages})).prompt
    return opening and turn_begun(opening, prefill)


async def _as_tokens(ask: Ask, messages: list[dict[str, Any]], prefill: str) -> list[int]:
    """vLLM tells a conversation's tokens only: their end is made text again, to be gone on with."""
    whole = (await ask("tokenize", {"messages": messages, "add_generation_prompt": True})).tokens
    if not whole:
        return []
    end = (await ask("detokenize", {"tokens": whole[-_TAIL:]})).prompt
    text = {"prompt": turn_begun(end, prefill), "add_special_tokens": False}
    return [*whole[:-_TAIL], *(await ask("tokenize", text)).tokens]
