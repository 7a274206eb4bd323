"""The servers of one model: the least loaded live one takes the next call.

An endpoint that cannot be reached, or fails again and again, rests: first for a second, then twice
as long each time, up to a minute. After a rest it gets one call to show that it is back. While no
other endpoint is live the rest is not kept: waiting is then the business of retries.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from time import monotonic
from typing import NamedTuple

import aiohttp
from pydantic import SecretStr
from yarl import URL

from specloop.errors import ModelError
from specloop.llm.backends.openai.completion import ServerUsage
from specloop.llm.backends.openai.connection import Timeouts, open_session
from specloop.llm.backends.openai.failure import OVERLOADED, CallPlace
from specloop.llm.backends.openai.fitting import Fitting
from specloop.llm.backends.openai.limiter import NO_EPOCH, Limiter, Ticket
from specloop.llm.context import PromptCounts
from specloop.scrub import register, scrub_error
from specloop.terminal import console

_FIRST_REST_S, _LONGEST_REST_S = 1.0, 60.0
_FAILURES_TO_REST = 3
_ROUND_S, _LONGEST_ROUND_S = 0.005, 0.25
_TURNS = 5


class EndpointStatus(NamedTuple):
    """One endpoint at this moment, for the display."""

    url: str
    limit: int
    in_flight: int
    resting: bool


class Endpoint:
    """One server: its address, key, limit and health."""

    def __init__(
        self, place: CallPlace, key: SecretStr, limiter: Limiter, fitting: Fitting
    ) -> None:
        self.base = base = URL(place.url)
        self.chat_url = base / "chat" / "completions"
        self.root = base.parent if base.name == "v1" else base
        self.place = place
        self.limiter = limiter
        self.counts = PromptCounts()
        self.round_s = _ROUND_S
        """About how long the server takes to refuse a call."""
        self.fitting = fitting
        self._key = key
        register(key.get_secret_value())
        self._session: aiohttp.ClientSession | None = None
        self._failures = 0
        self._rest_s = 0.0
        self._rests_until = 0.0
        self._remarked: set[str] = set()

    def __repr__(self) -> str:
        return f"Endpoint({self.place.url})"

    def open(self, timeouts: Timeouts) -> aiohttp.ClientSession:
        """The session, opened at the first call."""
        if self._session is None:
            self._session = open_session(self.base, self._key.get_secret_value(), timeouts)
        return self._session

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def scrub(self, text: str) -> str:
        """Text of the server's or a library's, without the key."""
        return scrub_error(text)

    def greeted(self, seconds: float) -> None:
        """The server has told what it is, in that time."""
        self.round_s = min(max(_ROUND_S, seconds), _LONGEST_ROUND_S)

    def remark(self, words: str) -> None:
        """Say something of the server, once."""
        if words not in self._remarked:
            self._remarked.add(words)
            console.print(f"  {self.place} {words}", markup=False, soft_wrap=True)

    def resting(self, now: float) -> bool:
        """Whether it is left alone: for a time, and then but for one call that shows it is back."""
        return bool(self._rest_s) and (now < self._rests_until or self.limiter.in_flight > 0)

    @property
    def rests_until(self) -> float:
        """When its rest ends."""
        return self._rests_until

    def sent(self) -> Ticket:
        """Note that a call goes out. One that goes ahead alone is no measure for the others: it is
        faster than they will be."""
        ticket = self.limiter.start(monotonic())
        return ticket._replace(epoch=NO_EPOCH) if self.fitting.holds_others_up else ticket

    def succeeded(self, ticket: Ticket, usage: ServerUsage | None) -> None:
        """Note an answer."""
        self._failures = 0
        self._rest_s = 0.0
        usage = usage or ServerUsage()
        tokens = (usage.prompt_tokens or 0, usage.completion_tokens or 0)
        self.limiter.succeeded(ticket, monotonic(), tokens)

    def refused(self, ticket: Ticket, status: int) -> None:
        """Note an answer that is no completion: a server error counts against its health, a refusal
        or an overload shows it alive."""
        if status in OVERLOADED:
            self.limiter.overloaded(ticket)
        if status >= 500 and status not in OVERLOADED:
            self.failed(reached=True)
        else:
            self._failures = 0
            self._rest_s = 0.0

    def broke_off(self, ticket: Ticket, *, reached: bool) -> None:
        """Note a call without an answer: as servers that have too much to do end some."""
        if reached:
            self.limiter.overloaded(ticket)
        self.failed(reached=reached)

    def failed(self, *, reached: bool) -> None:
        """Note a failed call; one that never reached the server begins a rest at once."""
        self._failures += 1
        now = monotonic()
        if now < self._rests_until or (reached and self._failures < _FAILURES_TO_REST):
            return
        self._rest_s = min(_LONGEST_REST_S, 2 * self._rest_s or _FIRST_REST_S)
        self._rests_until = now + self._rest_s


class EndpointPool:
    """Hands out endpoints; callers wait in line while all that are live are full."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self.endpoints = tuple(endpoints)
        self._waiting: deque[asyncio.Future[Endpoint]] = deque()
        self._opening: set[Endpoint] = set()
        """Those that are to be widened soon."""

    def take(self) -> Endpoint | None:
        """A place at an endpoint, or None where there is none or others wait already."""
        if self._waiting:
            return None
        return self._take()

    async def wait(self) -> Endpoint:
        """A place at an endpoint, when one is free."""
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.release(place.result())
            raise

    def release(self, endpoint: Endpoint) -> None:
        """Give a place back, and let in who waits for one."""
        endpoint.limiter.leave()
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting:
            if self._waiting[0].done():
                self._waiting.popleft()
                continue
            free = self._take()
            if free is None:
                return
            self._waiting.popleft().set_result(free)

    def turn_away(self) -> None:
        """Cancel the callers in line."""
        for place in self._waiting:
            place.cancel()

    def status(self) -> tuple[EndpointStatus, ...]:
        """Every endpoint at this moment."""
        now = monotonic()
        return tuple(
            EndpointStatus(e.place.url, e.limiter.limit, e.limiter.in_flight, e.resting(now))
            for e in self.endpoints
        )

    def _take(self) -> Endpoint | None:
        best = self.endpoints[0] if len(self.endpoints) == 1 else self._least_loaded()
        if best.limiter.in_flight >= best.limiter.limit:
            if best.limiter.opening:
                self._open_further(best)
            return None
        best.limiter.enter()
        return best

    def _open_further(self, endpoint: Endpoint) -> None:
        """Let more in once the server has had the time to refuse what was sent. A turn in which the
        loop was busy does not count: what was sent may be on its way, refusals may wait unread."""
        if endpoint in self._opening:
            return
        self._opening.add(endpoint)
        loop, wait = asyncio.get_running_loop(), endpoint.round_s / _TURNS

        def turn(left: int, due: float) -> None:
            left -= endpoint.limiter.is_tried and loop.time() - due < wait
            if left:
                loop.call_later(wait, turn, left, loop.time() + wait)
                return
            self._opening.discard(endpoint)
            endpoint.limiter.widen()
            self._let_in()

        turn(_TURNS + 1, loop.time())

    def _least_loaded(self) -> Endpoint:
        now = monotonic()
        live = [endpoint for endpoint in self.endpoints if not endpoint.resting(now)]
        if not live:
            return min(self.endpoints, key=lambda e: e.rests_until)
        return min(live, key=lambda e: e.limiter.in_flight / e.limiter.limit)


def all_down(endpoints: Sequence[Endpoint], reasons: Sequence[str]) -> ModelError:
    """The message for a model none of whose servers can be reached."""
    places = "; ".join(f"{e.place.url} ({r})" for e, r in zip(endpoints, reasons, strict=True))
    model = endpoints[0].place.model
    return ModelError(
        f"{model}: no server answers at {places}: is it running, and is base_url right?"
    )
