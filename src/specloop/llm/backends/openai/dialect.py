"""What each kind of server understands beyond OpenAI's own parameters; the body of a request."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from specloop.llm.backends.openai import Continue
from specloop.llm.backends.openai.discovery import Server
from specloop.llm.base import Capabilities, Request
from specloop.llm.chat import joined, texts_of
from specloop.llm.schema import shape, without_limits
from specloop.llm.structured import told_in_words
from specloop.llm.thinking import ANY, Begun
from specloop.records import Message, Sampling

Structured = Literal["schema", "bare", "value", "object", "words"]
"""How a JSON schema is put to the server.

schema  as it is, to be enforced
bare    without its limits of length and number: they are told as descriptions
value   as it is, in the form of older text-generation-inference servers
object  the server makes sure of JSON, the fields are described in words
words   the fields are described in words
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
    system: bool = True
    """Knows the role `system`; to others its text stands in front of the user's turn."""
    parts: bool = True
    """Takes text parts; to others they are one text."""
    alternating: bool = False
    """Wants the turns of user and assistant to alternate."""
    structured: Structured = "schema"
    schemas: Mapping[str, Structured] = {}
    """Shapes of schemas that are put to it in another way."""
    renamed: Mapping[str, str] = {}
    """Parameters that it knows by another name."""
    dropped: frozenset[str] = frozenset()
    """Parameters that it does not take."""
    least_temperature: float = 0.0
    logprobs: bool = True
    score: bool = False
    context: int = 0
    """Tokens of prompt and answer together; 0: not known."""
    more: Mapping[str, Any] = {}
    """Sent with every request."""
    tells_running: bool = False
    """Tells afterwards with which context a model runs, as Ollama does."""

    @property
    def capabilities(self) -> Capabilities:
        """What can be done natively."""
        return Capabilities(
            prefill=self.prefill != "words",
            json_schema=self.structured != "words",
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
        case _:
            return _HOSTED.get(server.kind, Dialect())


_HOSTED = {
    "openai": Dialect(max_tokens_field="max_completion_tokens", structured="bare"),
    "deepseek": Dialect(structured="object"),
    "mistral": Dialect(renamed={"seed": "random_seed"}),
}

_LOCAL = Dialect(prefill="flags", top_k=True, developer=False)


_WHOLE = {"plugins": [{"id": "context-compression", "enabled": False}]}
"""OpenRouter takes the middle out of a prompt that does not fit a small context, unless told not
to."""


def _routed(parameters: tuple[str, ...] | None) -> Dialect:
    """What a router's model takes; without a list, what most take. Whether a final assistant
    message is continued differs by provider and cannot be asked: it is not relied on."""
    if parameters is None:
        return Dialect(top_k=True, logprobs=False, more=_WHOLE)
    return Dialect(
        more=_WHOLE,
        top_k="top_k" in parameters,
        structured="schema" if "structured_outputs" in parameters else "words",
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
        stop=request.sampling.stop if "stop" in spoken.dropped else (),
    )


def body(spoken: Dialect, request: Request) -> dict[str, Any]:
    """The parameters of a request, without the model."""
    how = structured(spoken, request)
    if how in ("object", "words"):
        request = told_in_words(request)
    parameters: dict[str, Any] = {
        "messages": _messages(spoken, request),
        **_drawn(spoken, request.sampling),
        **spoken.more,
    }
    if spoken.logprobs and (request.logprobs or request.first_token):
        parameters["logprobs"] = True
    if spoken.logprobs and request.first_token:
        parameters["top_logprobs"] = request.first_token
    if request.prefill and spoken.prefill == "flags":
        parameters |= _CONTINUE
    if how:
        parameters |= _enforced(how, request.json_schema)
    elif request.regex:
        outer, dot, inner = spoken.regex_field.partition(".")
        parameters[outer] = {inner: request.regex} if dot else request.regex
    return _named(spoken, parameters)


def structured(spoken: Dialect, request: Request) -> Structured | Literal[""]:
    """How the schema of a request is put to the server; empty where it has none."""
    if not request.json_schema:
        return ""
    form = spoken.schemas.get(shape(request.json_schema), spoken.structured)
    # The form for servers without schemas need not be JSON.
    return "words" if form == "object" and request.without_schema else form


def drawn(spoken: Dialect, sampling: Sampling) -> dict[str, Any]:
    """How the reply is drawn, in the server's names."""
    return _named(spoken, _drawn(spoken, sampling))


def _named(spoken: Dialect, parameters: Mapping[str, Any]) -> dict[str, Any]:
    if not spoken.dropped and not spoken.renamed:
        return dict(parameters)
    kept = ((name, value) for name, value in parameters.items() if name not in spoken.dropped)
    return {spoken.renamed.get(name, name): value for name, value in kept}


def _drawn(spoken: Dialect, sampling: Sampling) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "temperature": max(sampling.temperature, spoken.least_temperature),
        "top_p": sampling.top_p,
        "seed": sampling.seed,
        spoken.max_tokens_field: sampling.max_tokens,
    }
    if sampling.stop:
        parameters["stop"] = sampling.stop
    if spoken.top_k and sampling.top_k:
        parameters["top_k"] = sampling.top_k
    return parameters


def score_body(spoken: Dialect, messages: tuple[Message, ...], continuation: str) -> dict[str, Any]:
    """The parameters that make vLLM tell the log-probabilities of what it is given."""
    begun_turn = Request(messages=messages, prefill=continuation)
    parameters = {"messages": _messages(spoken, begun_turn), **_CONTINUE}
    return parameters | {"max_tokens": 1, "temperature": 0.0, "prompt_logprobs": 0}


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
    spoken_turns = [_message(spoken, message) for message in messages]
    if not spoken.system:
        spoken_turns = [
            {**m, "role": "user"} if m["role"] in _INSTRUCT else m for m in spoken_turns
        ]
    return joined(spoken_turns) if spoken.alternating or not spoken.system else spoken_turns


def _message(spoken: Dialect, message: Message) -> dict[str, Any]:
    known = spoken.developer or message.role != "developer"
    turn: dict[str, Any] = {"role": message.role if known else "system", "content": message.content}
    if message.parts and spoken.parts:
        turn["content"] = [{"type": "text", "text": text} for text in message.parts]
    if message.tool_calls:
        turn["content"] = turn["content"] or None
        turn["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.tool_calls
        ]
    return turn | ({"tool_call_id": message.tool_call_id} if message.tool_call_id else {})


_INSTRUCT = ("system", "developer")


def _asked(messages: list[dict[str, Any]], prefill: str) -> list[dict[str, Any]]:
    """The demand in words, at the end of the user's last turn: some chat templates know no system
    message after it."""
    demand = f"Begin your answer with exactly these words and go on from there:\n{prefill}"
    if messages and messages[-1]["role"] == "user":
        content = "\n\n".join([*texts_of(messages[-1]), demand])
        return [*messages[:-1], {"role": "user", "content": content}]
    return [*messages, {"role": "user", "content": demand}]
