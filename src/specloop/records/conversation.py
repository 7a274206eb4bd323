"""Conversations: turns and tool calls, how they are changed and shown, and how a reply is drawn."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from specloop.errors import InputError
from specloop.jsontext import read_value
from specloop.records.base import Value, optional
from specloop.scrub import each_text

Role = Literal["system", "developer", "user", "assistant", "tool"]


class ToolCall(Value):
    """A tool call that the assistant asked for."""

    id: str
    name: str
    arguments: str
    """JSON, as the model wrote it."""

    @model_validator(mode="before")
    @classmethod
    def _of_api(cls, data: Any) -> Any:
        """Read OpenAI's form too, with the name and the arguments in `function`."""
        if isinstance(data, dict) and "function" in data:
            data = {"id": data.get("id"), **data["function"]}
            if not isinstance(data.get("arguments"), str):
                data["arguments"] = json.dumps(data.get("arguments"), ensure_ascii=False)
        return data


class Message(Value):
    """One turn of a conversation. A list of text parts in OpenAI's form is read as well."""

    role: Role
    content: str
    """All that was said, parts joined by line ends."""
    parts: tuple[str, ...] = optional(())
    """The texts of `content`, if it came in parts."""
    tool_calls: tuple[ToolCall, ...] = optional(())
    tool_call_id: str = optional("")
    """The call that a tool's turn is the result of."""

    @model_validator(mode="before")
    @classmethod
    def _of_api(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        content = data.get("content")
        if isinstance(content, list):
            parts = [_Part.model_validate(part).text for part in content]
            return data | {"content": "\n".join(parts), "parts": parts}
        return data | {"content": ""} if content is None and data.get("tool_calls") else data

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.tool_calls and self.role != "assistant":
            raise ValueError(f"tool_calls are the assistant's: a turn of {self.role!r} has none")
        if self.tool_call_id and self.role != "tool":
            raise ValueError(f"tool_call_id is a tool's: a turn of {self.role!r} has none")
        if self.parts and self.content != "\n".join(self.parts):
            raise ValueError("content must be the parts, joined by line ends")
        return self

    @property
    def written(self) -> str:
        """The content and the tool calls as one text."""
        calls = [f"{call.name} {call.arguments}" for call in self.tool_calls]
        return "\n".join([self.content, *calls] if self.content else calls)


class _Part(Value):
    """A text part in OpenAI's form."""

    type: Literal["text"]
    text: str


Turns = Annotated[tuple[Message, ...], Field(min_length=1)]


def said(text: str) -> tuple[Message, ...]:
    """An answer as turns of a conversation."""
    return (Message(role="assistant", content=text),)


def folded(text: str) -> str:
    """A text on one line and in small letters: what it is known by where it is looked up."""
    return " ".join(text.casefold().split())


def last_request(messages: Sequence[Message]) -> str:
    """The last user message of a conversation, or nothing."""
    return next((m.content for m in reversed(messages) if m.role == "user"), "")


def beyond_request(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The conversation; empty if it is nothing but a user's request in one text."""
    alone = len(messages) == 1 and messages[0].role == "user" and not messages[0].parts
    return () if alone else tuple(messages)


def must_ask(messages: Sequence[Message]) -> None:
    """InputError if there is nothing for an assistant to answer."""
    if not any(message.role == "user" for message in messages):
        raise InputError("there is no user turn, so nothing is asked")
    if messages[-1].role not in ("user", "tool"):
        raise InputError(
            f"it ends with a turn of {messages[-1].role!r}: end it with what is to be answered, a"
            " user's turn or a tool's result"
        )


def changed(message: Message, change: Callable[[str], str]) -> Message:
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


def _changed_call(call: ToolCall, change: Callable[[str], str]) -> ToolCall:
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


class Sampling(Value):
    """How a reply is drawn. It is part of the request: without the seed a cache would turn
    best-of-8 into best-of-1."""

    temperature: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    top_p: float = Field(default=1.0, gt=0, le=1)
    top_k: int = Field(default=0, ge=0)
    """0 means no limit."""
    max_tokens: int = Field(default=256, ge=1)
    seed: int = 0
    stop: tuple[str, ...] = ()

    def by_seed(self, seeds: Iterable[int]) -> tuple[Self, ...]:
        """The same with each of the seeds."""
        return tuple(self.model_copy(update={"seed": seed}) for seed in seeds)


class MadeBy(Value):
    """What wrote a record: a model with its prompt and sampling, or a plain strategy without a
    model."""

    model: str
    prompt: str = ""
    """A digest of the prompt file; empty if none was used."""
    sampling: Sampling | None = None
