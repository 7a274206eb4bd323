"""The servers of one model: the least loaded live one takes the next call.

An endpoint that cannot be reached, or fails again and again, rests: first for a second, then twice
as long each time, up to a minute. After a rest it gets one call to show that it is back. If no
other endpoint is live, it gets calls during its rest, too, and retries do the waiting.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections import deque
from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from time import monotonic
from typing import NamedTuple

import aiohttp
from pydantic import SecretStr
from yarl import URL

from specloop.config.secrets import (
    URL_REMEDY,
    VARIABLE_REMEDY,
    has_secret_url,
    is_variable,
    read_key,
)
from specloop.errors import InputError
from specloop.llm.backends.openai import EndpointTable, OpenAI
from specloop.llm.backends.openai.completion import ServerUsage
from specloop.llm.backends.openai.connection import open_session
from specloop.llm.backends.openai.failure import OVERLOADED, CallPlace
from specloop.llm.backends.openai.fitting import Fitting
from specloop.llm.backends.openai.limiter import NO_EPOCH, Limiter, Ticket
from specloop.llm.context import PromptCounts
from specloop.scrub import register
from specloop.terminal import console

_FIRST_REST_S, _LONGEST_REST_S = 1.0, 60.0
_FAILURES_TO_REST = 3
_ROUND_S, _LONGEST_ROUND_S = 0.005, 0.25
_TURNS = 5
_HOSTED = "https://api.openai.com/v1"
_FIRST = 64
"""Calls that a server gets at once before it has shown that it refuses none."""
_NO_PART_OF_A_BASE = re.compile(r"[\s?#\\\x00-\x1f\x7f-\x9f]")
_OF_THE_CALL = ("messages", "prompt", "stream")
"""A call with another of these would ask something else, or its answer could not be read."""
_PRIVATE = (".local", ".localhost", ".internal", ".lan", ".home.arpa", ".test")
"""Endings of the names of machines in one's own network."""


class EndpointStatus(NamedTuple):
    """One endpoint at this moment, for the display."""

    limit: int
    in_flight: int
    resting: bool


class Endpoint:
    """One server: its address, key, limit and health."""

    def __init__(self, place: CallPlace, key: SecretStr, limiter: Limiter, options: OpenAI) -> None:
        self.base = base = URL(place.url)
        self.chat_url, self.text_url = base / "chat/completions", base / "completions"
        self.root = base.parent if base.name == "v1" else base
        self.place = place
        self.limiter = limiter
        self.counts = PromptCounts()
        self.round_s = _ROUND_S
        """About how long the server takes to refuse a call."""
        self.fitting = Fitting(place, options)
        self.rests_until = 0.0
        """When its rest ends."""
        self._key, self._options = key, options
        register(key.get_secret_value())
        self._session: aiohttp.ClientSession | None = None
        self._failures = 0
        self._rest_s = 0.0
        self._remarked: set[str] = set()

    @property
    def session(self) -> aiohttp.ClientSession:
        """Opened at the first call."""
        if self._session is None:
            self._session = open_session(self.base, self._key.get_secret_value(), self._options)
        return self._session

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def greeted(self, seconds: float) -> None:
        """The server has told what it is, in that time."""
        self.round_s = min(max(_ROUND_S, seconds), _LONGEST_ROUND_S)

    def remark(self, words: str) -> None:
        """Say something of the server, once."""
        if words not in self._remarked:
            self._remarked.add(words)
            console.print(f"  {self.place} {words}", markup=False, soft_wrap=True)

    def resting(self, now: float) -> bool:
        """Whether it gets no call: for a time, and then while one call shows whether it is back."""
        return bool(self._rest_s) and (now < self.rests_until or self.limiter.in_flight > 0)

    def sent(self) -> Ticket:
        """Note that a call goes out. One that goes ahead alone is faster than the others will be:
        it is not measured."""
        ticket = self.limiter.start(monotonic())
        return ticket._replace(epoch=NO_EPOCH) if self.fitting.holds_others_up else ticket

    def succeeded(self, ticket: Ticket, usage: ServerUsage | None) -> None:
        """Note an answer."""
        self._failures, self._rest_s = 0, 0.0
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
            self._failures, self._rest_s = 0, 0.0

    def broke_off(self, ticket: Ticket) -> None:
        """Note a call without an answer: servers with too much to do end some calls like that."""
        self.limiter.overloaded(ticket)
        self.failed(reached=True)

    def failed(self, *, reached: bool) -> None:
        """Note a failed call; one that never reached the server begins a rest at once."""
        self._failures += 1
        now = monotonic()
        if now < self.rests_until or (reached and self._failures < _FAILURES_TO_REST):
            return
        self._rest_s = min(_LONGEST_REST_S, 2 * self._rest_s or _FIRST_REST_S)
        self.rests_until = now + self._rest_s


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
            EndpointStatus(e.limiter.limit, e.limiter.in_flight, e.resting(now))
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


def check_options(name: str, options: OpenAI) -> None:
    """InputError where options contradict each other or what each call sets itself."""
    if options.base_url and options.base_urls:
        raise InputError(f"{name}: give base_url or base_urls, not both")
    for field in _OF_THE_CALL:
        if options.extra_body.get(field) or field in options.omit:
            raise InputError(f"{name}: extra_body and omit: {field} is set by each call itself")


def endpoints(name: str, options: OpenAI) -> list[Endpoint]:
    """The model's endpoints, with their keys from the environment."""
    url = options.base_url or os.environ.get("OPENAI_BASE_URL") or _HOSTED
    tables = options.base_urls or (EndpointTable(url=url),)
    if len({table.url.rstrip("/") for table in tables}) < len(tables):
        raise InputError(f"{name}: option 'base_urls': an address is given twice")
    return [_endpoint(name, options, table) for table in tables]


def check_keys(servers: Iterable[Endpoint]) -> None:
    """InputError if the environment has no key for a public server over https; servers in one's own
    network often need none."""
    for server in servers:
        place = server.place
        if not place.key_set and server.base.scheme == "https" and _is_public(server.base):
            raise InputError(
                f"{place}: the environment variable {place.key_env} is not set; set it (to any "
                "word where the server wants no key), or name another by the option api_key_env"
            )


def _is_public(base: URL) -> bool:
    host = (base.host or "").rstrip(".").lower()
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(_PRIVATE)


def _endpoint(name: str, options: OpenAI, table: EndpointTable) -> Endpoint:
    base = _address(name, table.url)
    variable = table.api_key_env or options.api_key_env
    if not is_variable(variable):
        raise InputError(f"{name}: option 'api_key_env': {VARIABLE_REMEDY}")
    key = SecretStr(read_key(variable))
    place = CallPlace(name, str(base), variable, bool(key.get_secret_value()))
    limiter = Limiter(table.max_concurrency or options.max_concurrency, _FIRST)
    return Endpoint(place, key, limiter, options)


def _address(name: str, text: str) -> URL:
    """A base URL without a slash at its end."""
    remedy = "base_url must be like http://localhost:8000/v1"
    if has_secret_url(text):
        raise InputError(f"{name}: base_url: {URL_REMEDY}")
    plain = text.strip().rstrip("/")
    try:
        base = URL(plain)
        (base.raw_host or "").encode("idna")
        is_whole = base.scheme in ("http", "https") and base.host and base.port
    except ValueError:
        raise InputError(f"{name}: {remedy}") from None
    if not is_whole or _NO_PART_OF_A_BASE.search(plain):
        shown = "" if "@" in text or "?" in text else f", not {text!r}"
        raise InputError(f"{name}: {remedy}{shown}")
    return base
