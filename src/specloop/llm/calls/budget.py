"""Decide when no further call may start: a limit is reached, or the user stops the run."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import NamedTuple

from specloop.config import Limits, Price
from specloop.errors import InputError, RunStoppedError
from specloop.llm.base import Reply, Usage
from specloop.llm.calls.ledger import LedgerEntry, money
from specloop.llm.calls.most import Seen, Sent
from specloop.records import Cost

_GO_ON = "everything finished is kept; raise the limit and give the same command to go on"


class Stopping:
    """Whether a run should end. Once the user has interrupted it, not even a retry starts."""

    def __init__(self) -> None:
        self.reason = ""
        self.interrupted = False
        self.n_finished = 0
        """How many calls this process has made and stored."""
        self._asleep: set[asyncio.Future[None]] = set()

    def interrupt(self) -> None:
        """Stop the run for the user."""
        self.interrupted = True
        self.reason = "stopped by the user"
        for sleeper in self._asleep:
            sleeper.cancel()

    async def sleep(self, seconds: float) -> None:
        """Wait before another attempt, but no longer than until the user interrupts the run."""
        if self.interrupted:
            return
        woken = asyncio.get_running_loop().create_future()
        self._asleep.add(woken)
        try:
            await asyncio.wait((woken,), timeout=seconds)
        finally:
            self._asleep.discard(woken)

    def check(self) -> None:
        """RunStoppedError if the user has interrupted the run."""
        if self.interrupted:
            raise RunStoppedError(self.reason)


def check_price(limits: Limits, prices: Mapping[str, Price], model: str, *, free: bool) -> None:
    """InputError if a limit on cost is set and the model has no price and is not free."""
    if limits.max_cost and model not in prices and not free:
        raise InputError(
            f"max_cost: the price of {model} is not known; set input and output under "
            f'[prices."{model}"], in USD for a million tokens'
        )


class Need(NamedTuple):
    """What a call needs, and who makes it; `sent` is only set if tokens or cost are limited."""

    model: str = ""
    role: str = ""
    sent: Sent = Sent(0, 0, 0)


class _Taken(NamedTuple):
    """Tokens and what they cost."""

    tokens: int
    usd: float

    def plus(self, other: _Taken) -> _Taken:
        """The sum of both."""
        return _Taken(self.tokens + other.tokens, self.usd + other.usd)

    def times(self, n: int) -> _Taken:
        """The product with a number."""
        return _Taken(n * self.tokens, n * self.usd)


_NOTHING = _Taken(0, 0.0)


def _tells(reply: Reply) -> bool:
    """Whether a server said what it used; otherwise it is assumed to have used the most."""
    usage, said = reply.usage, reply.text or reply.reasoning
    return usage.prompt_tokens > 0 and (usage.completion_tokens > 0 or not said)


class Budget:
    """Admits calls as long as they fit into the limits, counting the most that calls in flight may
    take.

    Near a limit calls wait until those in flight have ended. If tokens or cost are limited, the
    first call of a role to a model goes alone: only its answer shows whether the server obeys the
    limit on its length. `earlier` is what the run has spent before.
    """

    def __init__(
        self,
        limits: Limits,
        prices: Mapping[str, Price],
        earlier: Sequence[LedgerEntry],
        stopping: Stopping,
    ) -> None:
        self._limits, self._prices, self._stopping = limits, prices, stopping
        self.weighs = bool(limits.max_tokens or limits.max_cost)
        """Whether it matters how much a call takes."""
        costs = [entry.cost for entry in earlier]
        self._calls = sum(c.n_calls - c.n_cached + c.n_failed for c in costs)
        self._spent = _Taken(
            sum(c.prompt_tokens + c.completion_tokens for c in costs),
            sum(money(e.cost, prices[e.model]) for e in earlier if e.model in prices),
        )
        self.n_in_flight = 0
        """Calls admitted and not yet ended."""
        self._reserved = _NOTHING
        self._flying: Counter[Need] = Counter()
        self._seen: defaultdict[tuple[str, str], Seen] = defaultdict(Seen)
        self._change = asyncio.Event()

    def admit(self, need: Need) -> bool:
        """Reserve what a call needs; False if it must wait for a change, RunStoppedError if waiting
        will not help."""
        problem = self._stopping.reason or self._exceeded(need)
        if problem and (self._stopping.reason or not self.n_in_flight):
            raise self._stop(problem)
        if problem or (self.weighs and self._goes_ahead(need)):
            return False
        self.n_in_flight += 1
        if self.weighs:
            self._flying[need] += 1
            self._reserved = self._reserved.plus(self._most(need))
        return True

    async def changed(self) -> None:
        """Wait until a call has ended."""
        self._change.clear()
        await self._change.wait()

    def leave(self, need: Need, reply: Reply | None) -> Usage | None:
        """Note that a call has ended, with its reply if there is one, and return what counts."""
        self.n_in_flight -= 1
        self._calls += 1
        usage = reply.usage if reply else None
        if self.weighs:
            usage = self._settle(need, reply)
        elif usage is not None and self._limits.max_calls:
            self._spent = self._spent.plus(self._cost(need.model, usage))
        self._change.set()
        return usage

    def may_be_billed(self, model: str, role: str) -> Usage:
        """Count a failed attempt that the server may bill like the largest call in flight.

        RunStoppedError if that leaves too little for another attempt.
        """
        alike = [need for need in self._flying if (need.model, need.role) == (model, role)]
        if not alike:
            return Usage()
        counted = max(map(self._usage, alike), key=lambda u: u.prompt_tokens + u.completion_tokens)
        self._spent = self._spent.plus(self._cost(model, counted))
        return counted

    def check(self) -> None:
        """RunStoppedError if there is too little left for the calls in flight."""
        if problem := self._exceeded(None):
            raise self._stop(problem)

    def _stop(self, problem: str) -> RunStoppedError:
        self._stopping.reason = problem
        return RunStoppedError(problem)

    def _goes_ahead(self, need: Need) -> bool:
        """Whether a first call like this one is still in flight."""
        who = need.model, need.role
        return not self._seen[who].any and any((n.model, n.role) == who for n in self._flying)

    def _settle(self, need: Need, reply: Reply | None) -> Usage | None:
        """Count what a call took, which may change the reservations of calls in flight."""
        most, reserved = self._usage(need), self._most(need)
        self._flying[need] -= 1
        if not self._flying[need]:
            del self._flying[need]
        used = reply.usage if reply and _tells(reply) else Usage(prompt_tokens=need.sent.bytes)
        counted = reply and (reply.usage if _tells(reply) else most)
        if counted is not None:
            self._spent = self._spent.plus(self._cost(need.model, counted))
        if counted is not None and self._seen[need.model, need.role].learn(need.sent, used):
            each = (self._most(n).times(count) for n, count in self._flying.items())
            self._reserved = reduce(_Taken.plus, each, _NOTHING)
        else:
            self._reserved = self._reserved.plus(reserved.times(-1))
        return counted

    def _exceeded(self, need: Need | None) -> str:
        """The limit that another call would exceed, in words; empty if none."""
        limits, n_more = self._limits, int(need is not None)
        if limits.max_calls and self._calls + self.n_in_flight + n_more > limits.max_calls:
            return self._words(f"--max-calls {limits.max_calls}")
        if not self.weighs:
            return ""
        more = self._most(need) if need else _NOTHING
        tokens, usd = self._spent.plus(self._reserved).plus(more)
        if limits.max_tokens and tokens > limits.max_tokens:
            return self._words(f"--max-tokens {limits.max_tokens}", f"{more.tokens} tokens")
        if limits.max_cost and usd > limits.max_cost:
            return self._words(f"--max-cost {limits.max_cost:g}", f"{more.usd:.4f} USD")
        return ""

    def _words(self, limit: str, most: str = "") -> str:
        usd = f", {self._spent.usd:.4f} USD" if self._prices else ""
        next_ = f" and the next call may take {most}" if most else ""
        spent = f"the run has made {self._calls} calls with {self._spent.tokens} tokens{usd}{next_}"
        return f"{limit} is reached: {spent}; {_GO_ON}"

    def _usage(self, need: Need) -> Usage:
        return self._seen[need.model, need.role].most(need.sent)

    def _most(self, need: Need) -> _Taken:
        return self._cost(need.model, self._usage(need))

    def _cost(self, model: str, usage: Usage) -> _Taken:
        tokens = usage.prompt_tokens + usage.completion_tokens
        if model not in self._prices:
            return _Taken(tokens, 0.0)
        cost = Cost(
            prompt_tokens=usage.prompt_tokens,
            cached_tokens=min(usage.cached_tokens, usage.prompt_tokens),
            completion_tokens=usage.completion_tokens,
        )
        return _Taken(tokens, money(cost, self._prices[model]))
