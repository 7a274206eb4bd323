"""When no further call may start: a limit is reached, or the user stops the run."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from specloop.config import Limits, Price
from specloop.errors import InputError, RunStoppedError
from specloop.llm.base import Usage
from specloop.llm.ledger import FREE, Entry, money
from specloop.records import Cost, Message

_BYTES_PER_TOKEN = 3
"""Few tokenizers make more tokens than that of any text."""
_GO_ON = "everything finished is kept; raise the limit and give the same command to go on"


class Stopping:
    """Whether a run is to end. Once the user has interrupted it, not even a retry leaves."""

    def __init__(self) -> None:
        self.reason = ""
        self.interrupted = False
        self.n_finished = 0
        """Calls that this process has made and stored."""
        self._asleep: set[asyncio.Future[None]] = set()

    def interrupt(self) -> None:
        """The user stops the run."""
        self.interrupted = True
        self.reason = "stopped by the user"
        for sleeper in self._asleep:
            sleeper.cancel()

    async def sleep(self, seconds: float) -> None:
        """Wait before another attempt, until the user interrupts the run at most."""
        if self.interrupted:
            return
        woken = asyncio.get_running_loop().create_future()
        self._asleep.add(woken)
        try:
            await asyncio.wait((woken,), timeout=seconds)
        finally:
            self._asleep.discard(woken)

    def check(self) -> None:
        """RunStoppedError where the user has interrupted the run."""
        if self.interrupted:
            raise RunStoppedError(self.reason)


def check_price(limits: Limits, prices: Mapping[str, Price], model: str) -> None:
    """InputError where a limit on cost is set and the model has no price."""
    if limits.max_cost and model not in prices and not model.startswith(FREE):
        raise InputError(
            f"max_cost: the price of {model} is not known; set input and output under "
            f'[prices."{model}"], in USD for a million tokens'
        )


class Need(NamedTuple):
    """The most that a call may take."""

    model: str = ""
    tokens: int = 0
    usd: float = 0.0


def most(messages: Sequence[Message], more: str, max_tokens: int) -> Usage:
    """The most tokens that a call with these texts may take."""
    n_bytes = sum(len(m.content.encode()) for m in messages) + len(more.encode())
    prompt = n_bytes // _BYTES_PER_TOKEN + 8 * (len(messages) + 1)
    return Usage(prompt_tokens=prompt, completion_tokens=max_tokens)


class Budget:
    """Admits calls as long as they fit into the limits, those in flight taken at their most.

    So no limit is exceeded; near one, calls wait for those in flight to tell what they really took.
    `earlier` is what the run has spent before.
    """

    def __init__(
        self,
        limits: Limits,
        prices: Mapping[str, Price],
        earlier: Sequence[Entry],
        stopping: Stopping,
    ) -> None:
        self._limits, self._prices, self._stopping = limits, prices, stopping
        self.limited = any((limits.max_calls, limits.max_tokens, limits.max_cost))
        costs = [entry.cost for entry in earlier]
        self._calls = sum(c.n_calls - c.n_cached + c.n_failed for c in costs)
        self._tokens = sum(c.prompt_tokens + c.completion_tokens for c in costs)
        self._usd = sum(money(e.cost, prices[e.model]) for e in earlier if e.model in prices)
        self._n_reserved, self._reserved_tokens, self._reserved_usd = 0, 0, 0.0
        self._change = asyncio.Event()

    @property
    def n_in_flight(self) -> int:
        """Calls admitted and not yet ended."""
        return self._n_reserved

    def check_price(self, model: str) -> None:
        """InputError where a limit on cost is set and the model has no price."""
        check_price(self._limits, self._prices, model)

    def need(self, model: str, usage: Usage) -> Need:
        """What a call with that usage takes."""
        tokens = usage.prompt_tokens + usage.completion_tokens
        return Need(model, tokens, self._money(model, usage))

    def admit(self, need: Need) -> bool:
        """Reserve what a call needs; False where it must wait for a change, RunStoppedError where
        waiting will not help."""
        problem = self._stopping.reason or (self._exceeded(need) if self.limited else "")
        if problem and (self._stopping.reason or not self._n_reserved):
            self._stopping.reason = problem
            raise RunStoppedError(problem)
        if problem:
            return False
        self._n_reserved += 1
        self._reserved_tokens += need.tokens
        self._reserved_usd += need.usd
        return True

    async def changed(self) -> None:
        """Wait until a call has ended."""
        self._change.clear()
        await self._change.wait()

    def leave(self, need: Need, usage: Usage | None) -> None:
        """A call has ended; with the usage where it was answered."""
        self._n_reserved -= 1
        self._reserved_tokens -= need.tokens
        self._reserved_usd -= need.usd
        self._calls += 1
        if self.limited and usage is not None:
            # A server that tells no tokens is taken to have used the most.
            told = usage.prompt_tokens + usage.completion_tokens > 0
            took = self.need(need.model, usage) if told else need
            self._tokens += took.tokens
            self._usd += took.usd
        self._change.set()

    def _exceeded(self, need: Need) -> str:
        """The limit that a call more would exceed, in words; empty if none."""
        limits = self._limits
        tokens = self._tokens + self._reserved_tokens + need.tokens
        usd = self._usd + self._reserved_usd + need.usd
        if limits.max_calls and self._calls + self._n_reserved >= limits.max_calls:
            return self._words(f"--max-calls {limits.max_calls}")
        if limits.max_tokens and tokens > limits.max_tokens:
            return self._words(f"--max-tokens {limits.max_tokens}", f"{need.tokens} tokens")
        if limits.max_cost and usd > limits.max_cost:
            return self._words(f"--max-cost {limits.max_cost:g}", f"{need.usd:.4f} USD")
        return ""

    def _words(self, limit: str, most: str = "") -> str:
        usd = f", {self._usd:.4f} USD" if self._prices else ""
        next_ = f" and the next call may take {most}" if most else ""
        spent = f"the run has made {self._calls} calls with {self._tokens} tokens{usd}{next_}"
        return f"{limit} is reached: {spent}; {_GO_ON}"

    def _money(self, model: str, usage: Usage) -> float:
        if model not in self._prices:
            return 0.0
        cost = Cost(
            prompt_tokens=usage.prompt_tokens,
            cached_tokens=usage.cached_tokens,
            completion_tokens=usage.completion_tokens,
        )
        return money(cost, self._prices[model])
