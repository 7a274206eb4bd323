"""What each kind of server understands beyond OpenAI's own parameters; the body of a request."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from specloop.llm._discovery import Server
from specloop.llm._thinking import ANY, Begun
from specloop.llm.base import Capabilities, Request
from specloop.records import Message, Sampling

Continue = Literal["flags", "final", "prefix", "words"]
"""How a begun assistant turn is continued.

flags   `continue_final_message` with `add_generation_prompt` false
final   a final assistant message is continued anyway
prefix  `prefix: true` on the final assistant message (DeepSeek, Mistral)
words   not at all: the model is asked to begin so
"""


class Dialect(NamedTuple):
    """How one server is spoken to."""

    prefill: Continue = "words"
    repeats: bool = True
    """The reply may repeat a prefill."""
    writes: Literal["", "tokens", "text"] = ""
    """In what form the server writes a conversation out by its template, for text to go on from it:
    tokens by vLLM's /tokenize, text by llama.cpp's /apply-template."""
    regex_field: str = ""
    """Where a regular expression goes, dots for nesting; empty: nowhere."""
    max_tokens_field: str = "max_tokens"
    top_k: bool = False
    developer: bool = True
    """Knows the role `developer`; to others it is `system`."""
    json_schema: bool = True
    logprobs: bool = True
    score: bool = False
    context: int = 0
    """Tokens of prompt and answer together; 0: not known."""
    tells_running: bool = False
    """Tells afterwards with which context a model runs, as Ollama does."""

    @property
    def capabilities(self) -> Capabilities:
        """What can be done natively."""
        return Capabilities(
            prefill=self.prefill != "words",
            json_schema=self.json_schema,
            regex=bool(self.regex_field),
            logprobs=self.logprobs,
            first_token=self.logprobs,
            score=self.score,
        )


def dialect(server: Server) -> Dialect:
    """The dialect of a server."""
    return _of_kind(server)._replace(context=server.context)


def _of_kind(server: Server) -> Dialect:
    match server.kind:
        case "vllm":
            old = server.version and server.version < (0, 11)
            field = "guided_regex" if old else "structured_outputs.regex"
            return _LOCAL._replace(repeats=False, writes="tokens", regex_field=field, score=True)
        case "sglang":
            return _LOCAL._replace(repeats=False, regex_field="regex")
        case "llama.cpp":
            # Older ones continue a final assistant message and overlook the flags.
            return _LOCAL._replace(writes="text")
        case "ollama":
            known = server.version >= (0, 12, 11)
            return _LOCAL._replace(prefill="final", top_k=False, logprobs=known, tells_running=True)
        case "openrouter":
            return _routed(server.parameters)
        case "openai":
            return Dialect(max_tokens_field="max_completion_tokens")
        case _:
            return Dialect()


_LOCAL = Dialect(prefill="flags", top_k=True, developer=False)


def _routed(parameters: tuple[str, ...] | None) -> Dialect:
    """What a router's model takes; without a list, what most take. Whether a final assistant
    message is continued differs by provider and cannot be asked: it is not relied on."""
    if parameters is None:
        return Dialect(top_k=True, logprobs=False)
    return Dialect(
        top_k="top_k" in parameters,
        json_schema="structured_outputs" in parameters,
        logprobs="top_logprobs" in parameters,
    )


def begun(spoken: Dialect, request: Request, thinking: bool) -> Begun:
    """How the reply to a request is begun."""
    in_words = bool(request.prefill) and spoken.prefill == "words"
    return Begun(
        prefill=request.prefill,
        in_words=in_words,
        may_repeat=spoken.repeats,
        mark=ANY if thinking and (in_words or not request.prefill) else "",
        stops_there="</think>" in request.sampling.stop,
    )


def body(spoken: Dialect, request: Request) -> dict[str, Any]:
    """The parameters of a request, without the model."""
    found: dict[str, Any] = {
        "messages": _messages(spoken, request),
        **drawn(spoken, request.sampling),
    }
    if spoken.logprobs and (request.logprobs or request.first_token):
        found["logprobs"] = True
    if spoken.logprobs and request.first_token:
        found["top_logprobs"] = request.first_token
    if request.prefill and spoken.prefill == "flags":
        found |= _CONTINUE
    if request.json_schema or request.regex:
        found |= _constraint(spoken, request)
    return found


def drawn(spoken: Dialect, sampling: Sampling) -> dict[str, Any]:
    """How the reply is drawn."""
    found: dict[str, Any] = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "seed": sampling.seed,
        spoken.max_tokens_field: sampling.max_tokens,
    }
    if sampling.stop:
        found["stop"] = sampling.stop
    if spoken.top_k and sampling.top_k:
        found["top_k"] = sampling.top_k
    return found


def score_body(spoken: Dialect, messages: tuple[Message, ...], continuation: str) -> dict[str, Any]:
    """The parameters that make vLLM tell the log-probabilities of what it is given."""
    begun_turn = Request(messages=messages, prefill=continuation)
    found = {"messages": _messages(spoken, begun_turn), **_CONTINUE}
    return found | {"max_tokens": 1, "temperature": 0.0, "prompt_logprobs": 0}


_CONTINUE = {"continue_final_message": True, "add_generation_prompt": False}


def _constraint(spoken: Dialect, request: Request) -> Mapping[str, Any]:
    if request.json_schema:
        named = {"name": "reply", "schema": json.loads(request.json_schema), "strict": True}
        return {"response_format": {"type": "json_schema", "json_schema": named}}
    outer, dot, inner = spoken.regex_field.partition(".")
    return {outer: {inner: request.regex} if dot else request.regex}


def _messages(spoken: Dialect, request: Request) -> list[dict[str, Any]]:
    messages = spoken_messages(spoken, request.messages)
    if not request.prefill:
        return messages
    if spoken.prefill == "words":
        return _asked(messages, request.prefill)
    last: dict[str, Any] = {"role": "assistant", "content": request.prefill}
    return [*messages, last | {"prefix": True} if spoken.prefill == "prefix" else last]


def spoken_messages(spoken: Dialect, messages: Sequence[Message]) -> list[dict[str, Any]]:
    """The conversation in roles that the server knows."""
    return [_message(spoken, message) for message in messages]


def _message(spoken: Dialect, message: Message) -> dict[str, Any]:
    known = spoken.developer or message.role != "developer"
    return {"role": message.role if known else "system", "content": message.content}


def _asked(messages: list[dict[str, Any]], prefill: str) -> list[dict[str, Any]]:
    """The wish in words, at the end of the user's last turn: some chat templates know no system
    message after it."""
    wish = f"Begin your answer with exactly these words and go on from there:\n{prefill}"
    if messages and messages[-1]["role"] == "user":
        content = f"{messages[-1]['content']}\n\n{wish}"
        return [*messages[:-1], {"role": "user", "content": content}]
    return [*messages, {"role": "user", "content": wish}]
