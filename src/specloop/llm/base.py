"""The interface to models: a request, a reply and the `Model` protocol.

Backends (`backends/`) open models. Cache, metering, retries and concurrency are wrappers
(`calls/`): a Model around a Model.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple, Protocol, Self, runtime_checkable

from pydantic import AfterValidator, ConfigDict, model_validator

from specloop.ended import Finish
from specloop.jsontext import writable
from specloop.records import Message, Sampling, Value
from specloop.scrub import has_key, scrub_value


class Request(Value):
    """Everything that decides a reply; caches and recordings use all of it as their key."""

    messages: tuple[Message, ...]
    sampling: Sampling = Sampling()
    prefill: str = ""
    """The beginning of the assistant's turn, which the model continues; not repeated in
    `Reply.text`."""
    json_schema: str = ""
    """A JSON schema (as canonical JSON) that the reply must meet; empty for free text."""
    without_schema: tuple[Message, ...] = ()
    """The conversation for a server that turns out not to take the schema; empty: `messages`, with
    the schema's fields in words. It follows from the rest, so it is not part of the key."""
    regex: str = ""
    """A regular expression that the whole reply must match; empty for free text."""
    logprobs: bool = False
    """Ask for the log-probability of each generated token."""
    first_token: int = 0
    """How many alternatives of the first generated token to ask for, with log-probabilities."""

    def key(self, model: str) -> str:
        """Cache key: the whole request and the model that answers it, as 32 hex digits."""
        whole = f"{model}\0{self.model_dump_json(exclude={'without_schema'})}"
        return hashlib.sha256(whole.encode()).hexdigest()[:32]


def schema_text(schema: Mapping[str, Any]) -> str:
    """A JSON schema as text for `Request.json_schema`."""
    return json.dumps(schema, sort_keys=True, separators=(",", ":"))


class Usage(Value):
    """Tokens of one call; `cached_tokens` is the part of the prompt the server had already."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    """The part of the completion that was spent on reasoning, if the server says."""


MOST_CHARS = 1_000_000
"""Most characters of a reply that are kept: more than any model can be asked for."""

Written = Annotated[str, AfterValidator(writable)]
"""A backend's text, which may hold half a surrogate pair."""


class Alternative(Value):
    """A possible first token, with its natural-log probability."""

    token: Written
    logprob: float


def alternatives(tokens: Iterable[Any] | None) -> tuple[Alternative, ...] | None:
    """A server's or library's tokens with log-probabilities, most probable first; None for none."""
    ranked = sorted(tokens or (), key=lambda token: -token.logprob)
    return tuple(Alternative(token=t.token, logprob=t.logprob) for t in ranked) or None


class Reply(Value):
    """What a model answered."""

    model_config = ConfigDict(ser_json_inf_nan="constants")

    text: Written
    reasoning: Written = ""
    """What a reasoning model thought before the text; never part of the text."""
    finish: Finish = "stop"
    usage: Usage = Usage()
    logprobs: tuple[float, ...] | None = None
    """The natural-log probability of each generated token, if asked for and available."""
    first_token: tuple[Alternative, ...] | None = None
    """Alternatives of the first generated token, most probable first, if asked for and
    available."""

    @model_validator(mode="after")
    def _cut(self) -> Self:
        """A reply that is longer than any that could be asked for counts as cut."""
        if len(self.text) > MOST_CHARS or len(self.reasoning) > MOST_CHARS:
            for name in ("text", "reasoning"):
                object.__setattr__(self, name, getattr(self, name)[:MOST_CHARS])
            object.__setattr__(self, "finish", "length")
        return self


class Nats(tuple[float, ...]):
    """Natural-log probabilities of a continuation's tokens, with the tokens read for them."""

    n_read: int = 0
    """Those of the conversation and the continuation; 0 where the backend does not tell."""

    @classmethod
    def of(cls, nats: Iterable[float], n_read: int) -> Self:
        """The log-probabilities with the tokens."""
        made = cls(nats)
        made.n_read = n_read
        return made


def without_keys(reply: Reply) -> Reply:
    """The reply without keys, for storage: a server or a model may repeat the key it was sent."""
    tokens = (token.token for token in reply.first_token or ())
    if not has_key("\n".join((reply.text, reply.reasoning, *tokens))):
        return reply
    return Reply.model_validate(scrub_value(reply.model_dump()))


class Capabilities(NamedTuple):
    """What a backend can do natively."""

    prefill: bool = False
    json_schema: bool = False
    regex: bool = False
    logprobs: bool = False
    first_token: bool = False
    score: bool = False
    """Whether `score` works: log-probabilities of given continuations."""


@runtime_checkable
class Model(Protocol):
    """A language model that answers requests. `name` is its name in records and caches."""

    name: str

    @property
    def capabilities(self) -> Capabilities:
        """What the model can do natively; final once `aopen` has returned."""
        ...

    async def aopen(self) -> None:
        """Find out what the backend can do, once, before the first call; ModelError if it cannot be
        reached."""
        ...

    async def generate(self, request: Request) -> Reply:
        """Answer one request; ModelError (or its transient kind) if there is no answer."""
        ...

    async def score(self, messages: Sequence[Message], continuation: str) -> tuple[float, ...]:
        """The natural-log probability of each token of `continuation` as the assistant's answer to
        `messages`.

        Without messages it scores the bare text (its first token has no context and is left out).
        They may be `Nats`, which tell the tokens read. ModelError if the backend cannot score.
        """
        ...

    async def aclose(self) -> None:
        """Free the model's resources."""
        ...


@runtime_checkable
class SelfChecking(Protocol):
    """A model that knows before any call whether something it needs is missing."""

    def check(self) -> None:
        """InputError if it cannot be used as it is set up, such as without a key."""
        ...
