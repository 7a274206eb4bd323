"""Wrappers: each is a Model around a Model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import partial

from specloop.llm.base import Capabilities, Model, Nats, Reply, Request, Usage
from specloop.llm.calls.budget import Need
from specloop.llm.calls.calls import Calls
from specloop.llm.calls.ledger import Meter
from specloop.llm.calls.most import sent_by
from specloop.records import Cost, Message, Sampling, Step, last_request


def identity_of(model: Model) -> str:
    """An open model's name with its options that decide a reply; empty where they are not known."""
    return getattr(model, "identity", "")


class Wrapper:
    """Passes everything on; the wrappers below override `generate`."""

    def __init__(self, inner: Model) -> None:
        self.inner = inner
        self.name = inner.name
        self.identity = identity_of(inner)

    @property
    def capabilities(self) -> Capabilities:
        """What the model inside can do."""
        return self.inner.capabilities

    async def aopen(self) -> None:
        """Open the model inside."""
        await self.inner.aopen()

    async def generate(self, request: Request) -> Reply:
        """Pass the request on."""
        return await self.inner.generate(request)

    async def score(self, messages: Sequence[Message], continuation: str) -> tuple[float, ...]:
        """Pass the scoring on."""
        return await self.inner.score(messages, continuation)

    async def aclose(self) -> None:
        """Close the model inside."""
        await self.inner.aclose()


class Cached(Wrapper):
    """Answers from finished calls if it can; stores, counts and limits every other call.

    `options` are the backend's options that decide a reply and are part of the key.
    """

    def __init__(self, inner: Model, calls: Calls, meter: Meter, options: str = "") -> None:
        super().__init__(inner)
        self._calls, self._meter = calls, meter
        self.identity = self._who = f"{self.name} {options}"
        self._any = Need(self.name)

    async def generate(self, request: Request) -> Reply:
        """The stored reply, or a new one, which is stored first."""
        send = partial(self.inner.generate, request)
        key, need = request.key(self._who), self._need(request)
        return await self._calls.answer(key, send, need, self._meter)

    async def score(self, messages: Sequence[Message], continuation: str) -> tuple[float, ...]:
        """Stored log-probabilities, or new ones, which are stored first."""
        sampling = Sampling(max_tokens=1)
        need = self._need(
            Request(messages=tuple(messages), prefill=continuation, sampling=sampling)
        )

        async def send() -> Reply:
            nats = await self.inner.score(messages, continuation)
            return Reply(text="", logprobs=tuple(nats), usage=Usage(prompt_tokens=_n_read(nats)))

        key = score_key(self._who, messages, continuation)
        reply = await self._calls.answer(key, send, need, self._meter)
        return Nats.of(reply.logprobs or (), reply.usage.prompt_tokens)

    def _need(self, request: Request) -> Need:
        if not self._calls.budget.weighs:
            return self._any
        return Need(self.name, self._meter.role, sent_by(self.inner, request))


def score_key(who: str, messages: Sequence[Message], continuation: str) -> str:
    """The key of a scoring, as `Request.key` is that of a request."""
    turns = [list(m.model_dump(mode="json").values()) for m in messages]
    whole = ["score", who, turns, continuation]
    return hashlib.sha256(json.dumps(whole).encode()).hexdigest()[:32]


def _n_read(nats: tuple[float, ...]) -> int:
    return nats.n_read if isinstance(nats, Nats) else 0


class Log:
    """The calls of one task, in the order in which they were begun."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self.prompt = ""
        """The user's turn of the first call."""

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every call so far."""
        return tuple(self._steps)

    @property
    def cost(self) -> Cost:
        """All that they took."""
        return _cost(self._steps)

    @property
    def by_purpose(self) -> dict[str, Cost]:
        """What the calls of each purpose took."""
        purposes = dict.fromkeys(step.purpose for step in self._steps)
        return {one: _cost([s for s in self._steps if s.purpose == one]) for one in purposes}

    def begin(self, purpose: str, messages: Sequence[Message] = ()) -> int:
        """Take a place for a call."""
        if not self._steps and messages:
            self.prompt = last_request(messages)
        self._steps.append(Step(purpose=purpose))
        return len(self._steps) - 1

    def end(self, place: int, reply: Reply) -> None:
        """Fill the place."""
        usage = reply.usage.model_dump()
        self._steps[place] = Step(purpose=self._steps[place].purpose, finish=reply.finish, **usage)

    def extend(self, steps: Sequence[Step]) -> None:
        """Add finished calls."""
        self._steps.extend(steps)


def _cost(steps: Sequence[Step]) -> Cost:
    tokens = {name: sum(getattr(step, name) for step in steps) for name in Usage.model_fields}
    return Cost(n_calls=len(steps), **tokens)


class Logged(Wrapper):
    """Notes each call of a model in a log."""

    def __init__(self, inner: Model, log: Log, purpose: str) -> None:
        super().__init__(inner)
        self._log, self._purpose = log, purpose

    async def generate(self, request: Request) -> Reply:
        """Pass the request on."""
        place = self._log.begin(self._purpose, request.messages)
        reply = await self.inner.generate(request)
        self._log.end(place, reply)
        return reply

    async def score(self, messages: Sequence[Message], continuation: str) -> tuple[float, ...]:
        """Pass the scoring on. If the backend does not tell the tokens that it read, those of the
        continuation count."""
        place = self._log.begin(self._purpose)
        nats = await self.inner.score(messages, continuation)
        self._log.end(place, Reply(text="", usage=Usage(prompt_tokens=_n_read(nats) or len(nats))))
        return nats
