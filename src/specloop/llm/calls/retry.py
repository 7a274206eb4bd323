"""Calls in their turn: tried again after transient failures, stopped at once if all are refused."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Annotated, NamedTuple, TypeVar

from pydantic import Field

from specloop.errors import ModelError, RefusedError, RunStoppedError, TransientModelError
from specloop.llm.base import Model, Reply, Request
from specloop.llm.calls.budget import Stopping
from specloop.llm.calls.wrap import Wrapper
from specloop.records import Message

T = TypeVar("T")
_REFUSED_TO_STOP = 5
_Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class RetryPolicy(NamedTuple):
    """How often and how long to try a call."""

    attempts: Annotated[int, Field(ge=1)] = 10
    """Most attempts at one call."""
    base_s: _Seconds = 0.5
    """The first wait is drawn from 0 to this, each later one from twice the range before."""
    cap_s: _Seconds = 60.0
    """The longest wait, even if the server asks for a longer one."""
    total_s: _Seconds = 600.0
    """No new attempt starts later than this after the first failure."""


class Places:
    """Places for the calls of one role; the others wait in turn."""

    def __init__(self, n: int, stopping: Stopping) -> None:
        self._free = asyncio.Semaphore(n)
        self.stopping = stopping
        self.n_waiting = 0

    async def __aenter__(self) -> None:
        self.n_waiting += 1
        try:
            await self._free.acquire()
        finally:
            self.n_waiting -= 1

    async def __aexit__(self, *_: object) -> None:
        self._free.release()


class Retrying(Wrapper):
    """Makes a call once it has one of `places`, and tries again after transient failures, never
    after a refusal or an interrupt.

    A call that waits for its next attempt holds no place. If no call has succeeded yet, one refused
    key or five refused calls in a row stop the model: that call and every later one raises
    RunStoppedError without another request. `observe` is called with each failed attempt.
    """

    def __init__(
        self,
        inner: Model,
        policy: RetryPolicy | None = None,
        observe: Callable[[ModelError], None] | None = None,
        places: Places | None = None,
    ) -> None:
        super().__init__(inner)
        self._policy = policy or getattr(inner, "retry_policy", None) or RetryPolicy()
        self._observe = observe
        self._places = places or Places(sys.maxsize, Stopping())
        self._answered = False
        self._refused = 0
        self._stopped = ""

    async def generate(self, request: Request) -> Reply:
        """The first reply, or the last failure; RunStoppedError after an interrupt."""
        return await self._insist(partial(self.inner.generate, request))

    async def score(self, messages: Sequence[Message], continuation: str) -> tuple[float, ...]:
        """The same for scores."""
        return await self._insist(partial(self.inner.score, messages, continuation))

    async def _insist(self, call: Callable[[], Awaitable[T]]) -> T:
        failed, deadline = 0, 0.0
        while True:
            if self._stopped:
                raise RunStoppedError(self._stopped)
            try:
                async with self._places:
                    self._places.stopping.check()
                    result = await call()
            except ModelError as error:
                self._note(error)
                failed += 1
                deadline = deadline or time.monotonic() + self._policy.total_s
                wait = self._wait(error, failed, deadline)
            else:
                self._answered = True
                return result
            await self._places.stopping.sleep(wait)

    def _note(self, error: ModelError) -> None:
        if self._observe is not None:
            self._observe(error)
        if self._answered or not isinstance(error, RefusedError):
            return
        self._refused += 1
        if self._refused >= _REFUSED_TO_STOP or error.status in (401, 403):
            calls = "the first call was" if self._refused == 1 else "the first calls were all"
            self._stopped = self._stopped or f"{calls} refused, nothing more is sent: {error}"
            raise RunStoppedError(self._stopped) from None

    def _wait(self, error: ModelError, failed: int, deadline: float) -> float:
        """Seconds until the next attempt; raises if there is none."""
        if not isinstance(error, TransientModelError):
            raise error
        policy = self._policy
        wait = random.uniform(0, min(policy.cap_s, policy.base_s * 2 ** min(failed - 1, 32)))
        if error.retry_after_s is not None:
            # The jitter keeps calls with the same wait from coming back together.
            wait = min(policy.cap_s, error.retry_after_s) + random.uniform(0, policy.base_s)
        if failed >= policy.attempts or time.monotonic() + wait > deadline:
            raise TransientModelError(f"{error} (given up after {failed} attempts)") from None
        return wait


def is_transient(status: int) -> bool:
    """Whether a call that ended with an HTTP status may succeed later."""
    return status in (408, 409, 425, 429) or status >= 500


def asked_wait(retry_after: str) -> float | None:
    """Read a Retry-After header: seconds or a date."""
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
