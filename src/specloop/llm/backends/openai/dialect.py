"""How a server is spoken to: what its kind understands beyond OpenAI's own parameters, what the
options say instead, and what its refusals have taught."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any, Literal, NamedTuple

from pydantic import Field

from specloop.llm.backends.openai import Continue, Kind, OpenAI
from specloop.llm.base import Capabilities
from specloop.llm.switch import SERVERS
from specloop.records import Value

Structured = Literal["schema", "bare", "value", "object", "words"]
"""How a JSON schema is put to the server.

schema  as it is, to be enforced
bare    without its limits of length and number: they are told as descriptions
value   as it is, in the form of older text-generation-inference servers
object  the server makes sure of JSON, the fields are described in words
words   the fields are described in words
"""
_SHAPES_OF_ALL = 2
"""Shapes of schemas refused, none being taken, after which all of them count as refused."""


class Server(Value):
    """What a server is."""

    kind: Kind = "unknown"
    version: tuple[int, ...] = ()
    parameters: tuple[str, ...] | None = None
    """Parameters that the model takes, where the server lists them."""
    context: int = 0
    """Tokens of prompt and answer together, where the server tells; never remembered."""


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


def dialect_of(server: Server, options: OpenAI) -> Dialect:
    """The dialect of a server, with what the options say instead."""
    known = _of_kind(server)
    changes: dict[str, Any] = {
        "prefill": options.prefill,
        "regex_field": options.regex_field,
        "max_tokens_field": options.max_tokens_field,
        "context": options.context or server.context,
        "structured": options.structured if options.structured != "auto" else "",
    }
    if options.thinking is not None and server.kind in SERVERS:
        changes["more"] = {**known.more, **SERVERS[server.kind][options.thinking]}
    known = known._replace(**{field: value for field, value in changes.items() if value})
    if options.system == "user":
        known = known._replace(system=False)
    # Whoever says how a begun turn is continued means begun thoughts as well.
    return known._replace(writes="") if options.prefill else known


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


class Learnt(Value):
    """What refusals have taught of a server, by the fields of its dialect; a default says nothing
    new."""

    structured: Structured | None = None
    schemas: dict[str, Structured] = Field(default_factory=dict)
    """By the shape of a schema."""
    system: bool = True
    developer: bool = True
    parts: bool = True
    alternating: bool = False
    prefill: Literal["prefix", "words"] | None = None
    renamed: dict[str, str] = Field(default_factory=dict)
    dropped: frozenset[str] = frozenset()
    least_temperature: float = 0.0

    def over(self, known: Dialect) -> Dialect:
        """What is known of the server, with what was learnt instead."""
        return known._replace(**self._onto(known._asdict()))

    def joined(self, other: Learnt) -> Learnt:
        """Both; what the other says of the same counts."""
        return Learnt(**other._onto(self.model_dump()))

    def _onto(self, fields: dict[str, Any]) -> dict[str, Any]:
        """The fields with what was learnt in their place; tables and sets grow."""
        new = self.model_dump(exclude_defaults=True)
        grown = {k: fields[k] | v for k, v in new.items() if isinstance(v, dict | frozenset)}
        return fields | new | grown

    def without_schemas(self, shapes: Container[str]) -> Learnt:
        """The same, but for what it holds of schemas of these shapes."""
        kept = {name: form for name, form in self.schemas.items() if name not in shapes}
        return self.model_copy(update={"schemas": kept})

    def for_all_schemas(self) -> Learnt:
        """The same; where several shapes of schemas were refused, it is true of all of them."""
        if self.structured or len(self.schemas) < _SHAPES_OF_ALL:
            return self
        worst = "words" if "words" in self.schemas.values() else next(iter(self.schemas.values()))
        return self.model_copy(update={"structured": worst})

    def without_detour(self, before: Learnt) -> Learnt:
        """The same, but for a step that was tried on the way and did not help."""
        kept = {k: v for k, v in self.schemas.items() if before.schemas.get(k) != v}
        if self.structured == "bare" and kept and "bare" not in kept.values():
            return self.model_copy(update={"structured": before.structured})
        return self

    def in_words(self) -> list[str]:
        """What a server takes, for the user: a phrase for each."""
        forms = (self.structured, *self.schemas.values())
        phrases = [words for form, words in _FORMS.items() if form in forms]
        values = self.model_dump().items()
        phrases += [words for change, words in _CHANGES.items() if change in values]
        phrases += [f"{name} as {other}" for name, other in self.renamed.items()]
        left_out = sorted(self.dropped)
        phrases += [f"no {name}: {_INSTEAD.get(name, 'left out')}" for name in left_out]
        if self.least_temperature:
            phrases.append(f"no temperature of 0: {self.least_temperature} is sent")
        return phrases


_CHANGES = {
    ("system", False): "no system role: its text stands in front of the user's turn",
    ("developer", False): "no developer role: sent as system",
    ("parts", False): "no text parts: they are sent as one text",
    ("alternating", True): "alternating turns: those of one role are joined",
    ("prefill", "prefix"): "a begun answer with prefix: true",
    ("prefill", "words"): "no begun answer: the model is asked in words to begin so",
}
_FORMS: dict[Structured, str] = {
    "bare": "no limits in a JSON schema: they are described in it",
    "value": "a JSON schema as response_format's value",
    "object": "no such JSON schema: its fields are described in words, with JSON mode",
    "words": "no such JSON schema: its fields are described in words",
}
_INSTEAD = {
    "stop": "left out, and replies are cut here",
    "seed": "left out, so replies cannot be drawn again",
    "temperature": "left out, so the server's own counts",
}
