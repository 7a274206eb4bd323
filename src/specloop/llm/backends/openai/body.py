"""The body of a request, in the words that its server knows.

A thought begun for the model goes on as plain text, after the conversation as the server writes it.
Chat templates of reasoning models rewrite the assistant's turn: they put an empty thought before a
begun one or take an ended one out, and llama.cpp refuses a begun turn while thinking is on. So the
server writes the conversation out up to where the assistant's turn begins, by its own template, and
its text endpoint goes on from there.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal

from specloop.errors import ModelError, RefusedError
from specloop.llm.backends.openai.completion import Lenient, ToldUsage
from specloop.llm.backends.openai.dialect import Dialect, Structured
from specloop.llm.base import Request
from specloop.llm.chat import joined, tool_call
from specloop.llm.schema import shape, without_limits
from specloop.llm.structured import asked_to_begin, told_in_words
from specloop.llm.thinking import ANY, Begun, turn_begun
from specloop.records import Message, Sampling


def begun(dialect: Dialect, request: Request, thinking: bool) -> Begun:
    """How the reply to a request is begun."""
    in_words = bool(request.prefill) and dialect.prefill == "words"
    return Begun(
        prefill=request.prefill,
        in_words=in_words,
        may_repeat=dialect.repeats,
        mark=ANY if thinking and (in_words or not request.prefill) else "",
        stops_there="</think>" in request.sampling.stop,
        stop=request.sampling.stop if "stop" in dialect.dropped else (),
    )


def body(dialect: Dialect, request: Request) -> dict[str, Any]:
    """The parameters of a request, without the model."""
    how = schema_form(dialect, request)
    if how in ("object", "words"):
        request = told_in_words(request)
    parameters: dict[str, Any] = {
        "messages": _messages(dialect, request),
        **_drawn(dialect, request.sampling),
        **dialect.more,
    }
    if dialect.logprobs and (request.logprobs or request.first_token):
        parameters["logprobs"] = True
    if dialect.logprobs and request.first_token:
        parameters["top_logprobs"] = request.first_token
    if request.prefill and dialect.prefill == "flags":
        parameters |= _CONTINUE
    if how:
        parameters |= _enforced(how, request.json_schema)
    elif request.regex:
        outer, dot, inner = dialect.regex_field.partition(".")
        parameters[outer] = {inner: request.regex} if dot else request.regex
    return _named(dialect, parameters)


def schema_form(dialect: Dialect, request: Request) -> Structured | Literal[""]:
    """How the schema of a request is put to the server; empty where it has none."""
    if not request.json_schema:
        return ""
    form = dialect.schemas.get(shape(request.json_schema), dialect.structured)
    # The form for servers without schemas need not be JSON.
    return "words" if form == "object" and request.without_schema else form


def _named(dialect: Dialect, parameters: Mapping[str, Any]) -> dict[str, Any]:
    if not dialect.dropped and not dialect.renamed:
        return dict(parameters)
    kept = ((name, value) for name, value in parameters.items() if name not in dialect.dropped)
    return {dialect.renamed.get(name, name): value for name, value in kept}


def _drawn(dialect: Dialect, sampling: Sampling) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "temperature": max(sampling.temperature, dialect.least_temperature),
        "top_p": sampling.top_p,
        "seed": sampling.seed,
        dialect.max_tokens_field: sampling.max_tokens,
    }
    if sampling.stop:
        parameters["stop"] = sampling.stop
    if dialect.top_k and sampling.top_k:
        parameters["top_k"] = sampling.top_k
    return parameters


def score_body(dialect: Dialect, request: Request) -> dict[str, Any]:
    """The parameters that make vLLM tell the log-probabilities of the prefill."""
    if not request.messages:
        # The server's tokenizer puts BOS before the text, where it has one.
        sent: dict[str, Any] = {"prompt": request.prefill, "add_special_tokens": True}
    else:
        sent = {"messages": _messages(dialect, request), "temperature": 0.0, **_CONTINUE}
    return sent | {"max_tokens": 1, "prompt_logprobs": 0}


_CONTINUE = {"continue_final_message": True, "add_generation_prompt": False}


def _enforced(how: Structured, schema: str) -> Mapping[str, Any]:
    if how == "words":
        return {}
    if how == "object":
        return {"response_format": {"type": "json_object"}}
    if how == "value":
        return {"response_format": {"type": "json", "value": json.loads(schema)}}
    sent = json.loads(schema) if how == "schema" else without_limits(json.loads(schema))
    named = {"name": "reply", "schema": sent, "strict": True}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


def _messages(dialect: Dialect, request: Request) -> list[dict[str, Any]]:
    if not request.prefill:
        return _conversation(dialect, request.messages)
    if dialect.prefill == "words":
        return _conversation(dialect, asked_to_begin(request.messages, request.prefill))
    last: dict[str, Any] = {"role": "assistant", "content": request.prefill}
    if dialect.prefill == "prefix":
        last["prefix"] = True
    return [*_conversation(dialect, request.messages), last]


def _conversation(dialect: Dialect, messages: Sequence[Message]) -> list[dict[str, Any]]:
    """The conversation in roles that the server knows."""
    turns = [_turn(dialect, message) for message in messages]
    return joined(turns) if dialect.alternating or not dialect.system else turns


def _turn(dialect: Dialect, message: Message) -> dict[str, Any]:
    role: str = message.role
    if role == "developer" and not dialect.developer:
        role = "system"
    if role in ("system", "developer") and not dialect.system:
        role = "user"
    turn: dict[str, Any] = {"role": role, "content": message.content}
    if message.parts and dialect.parts:
        turn["content"] = [{"type": "text", "text": text} for text in message.parts]
    if message.tool_calls:
        turn["content"] = turn["content"] or None
        turn["tool_calls"] = [tool_call(c.id, c.name, c.arguments) for c in message.tool_calls]
    if message.tool_call_id:
        turn["tool_call_id"] = message.tool_call_id
    return turn


_REMEDY = (
    "a begun thought goes on from it: option prefill = 'flags' has the chat endpoint continue it,"
    " prefill = 'words' takes the conversational form"
)
_TAIL = 32
"""Tokens at the end of a conversation in which the template may have begun a thought."""


class WrittenOut(Lenient):
    """A conversation or text, written out or cut into tokens."""

    prompt: str = ""
    tokens: tuple[int, ...] = ()
    usage: ToldUsage = None


Ask = Callable[[str, Mapping[str, Any]], Awaitable[WrittenOut]]
"""Sends parameters to a path of the server."""


def goes_as_text(dialect: Dialect, request: Request) -> bool:
    """Whether a request begins a thought and the server can write conversations out. What only the
    chat endpoint gives in a known form is left to it."""
    more = request.json_schema or request.regex or request.logprobs or request.first_token
    return bool(dialect.writes) and "<think>" in request.prefill and not more


async def text_body(ask: Ask, dialect: Dialect, request: Request) -> dict[str, Any]:
    """The parameters of a text completion that continues the conversation."""
    messages = _conversation(dialect, request.messages)
    as_written = _as_text if dialect.writes == "text" else _as_tokens
    try:
        prompt = await as_written(ask, messages, request.prefill)
    except RefusedError as error:
        error.args = (f"{error}; {_REMEDY}",)
        raise
    if not prompt:
        raise ModelError(f"the server writes no conversation out; {_REMEDY}")
    drawn = _named(dialect, _drawn(dialect, request.sampling))
    return {"prompt": prompt, "add_special_tokens": False, **drawn}


async def _as_text(ask: Ask, messages: list[dict[str, Any]], prefill: str) -> str:
    opening = (await ask("apply-template", {"messages": messages})).prompt
    return opening and turn_begun(opening, prefill)


async def _as_tokens(ask: Ask, messages: list[dict[str, Any]], prefill: str) -> list[int]:
    """vLLM only gives the tokens of a conversation: the last ones are made text again, and the
    prefill follows them."""
    whole = (await ask("tokenize", {"messages": messages, "add_generation_prompt": True})).tokens
    if not whole:
        return []
    end = (await ask("detokenize", {"tokens": whole[-_TAIL:]})).prompt
    text = {"prompt": turn_begun(end, prefill), "add_special_tokens": False}
    return [*whole[:-_TAIL], *(await ask("tokenize", text)).tokens]
