"""How many calls one endpoint gets at once: as many as it answers.

The limit opens fast, by doubling at short intervals (see `EndpointPool`), as long as no call is
refused; refusals come sooner than answers. The first refusals in company tell how many calls the
server holds: as many as are still in flight once it has refused the rest. That number is
remembered. Below it the limit grows again with clean answers, doubling each round trip while it is
small; beyond it only by a step, after some clean round trips, twice as many after each step that
was refused. A server that refuses everything tells no number: the limit is halved, and grows again
once answers come.

Noise must not sink it. Refusals (429, 503, calls that broke off) count only in company: 15% of a
window and at least 8; 6% and at least 2 on a step beyond what is known to work. Of calls sent
before a cut only the number that remains counts. Latency is compared with the best seen for calls
of about the same length (tokens of prompt and completion, by powers of two), over whole windows,
and never cuts below half of what has worked.
"""

from __future__ import annotations

from typing import NamedTuple

_MIN_WINDOW = 32
_OVERLOAD_SHARE, _MIN_OVERLOAD = 0.15, 8
_STEP_SHARE, _MIN_STEP = 0.06, 2
_CLEAN_SHARE = 0.02
_FIRST_ROUNDS, _MOST_ROUNDS = 2, 64
"""Clean round trips before a step beyond what the server is known to hold."""
_SLOW, _STEADY = 3.0, 1.5
"""Mean latency over the best: from the one on it counts as congestion, up to the other as fine."""

NO_EPOCH = -1
"""Of a ticket that does not count."""


class Ticket(NamedTuple):
    """One call in flight: when it was sent and under which limit."""

    at: float
    epoch: int


class Limiter:
    """The limit of one endpoint; times are in seconds of any one clock."""

    def __init__(self, most: int, first: int = 0) -> None:
        self.most = most
        self.in_flight = 0
        self._limit = float(min(most, first or most))
        self.opening = self._limit < most
        """Whether nothing was refused yet, and more may be tried."""
        self._holds = 0.0
        """What the server is known to hold; 0: not known."""
        self._n_sent = 0
        self._rounds = _FIRST_ROUNDS
        self._calm = 0
        """Answers since the last refusal or step."""
        self._step = max(4.0, most / 16)
        self._epoch, self._settling = 0, NO_EPOCH - 1
        self._floor = 1.0
        self._works = 1.0
        self._clean = True
        self._slow_windows = 0
        self._best: dict[tuple[int, int], float] = {}
        self._begin_window()

    @property
    def limit(self) -> int:
        """How many calls may be in flight."""
        return int(self._limit)

    def start(self, now: float) -> Ticket:
        """Count a call as sent."""
        self._n_sent += 1
        return Ticket(now, self._epoch)

    @property
    def is_tried(self) -> bool:
        """Whether as many calls were sent as are allowed at once."""
        return self._n_sent >= self._limit

    def widen(self) -> None:
        """Allow twice as many, if nothing was refused so far."""
        if self.opening:
            self._limit = min(self.most, 2 * self._limit)
            self.opening = self._limit < self.most

    def enter(self) -> None:
        """Take a place."""
        self.in_flight += 1
        if self.in_flight > self._peak:
            self._peak = self.in_flight

    def leave(self) -> None:
        """Give the place back."""
        self.in_flight -= 1

    def succeeded(self, ticket: Ticket, now: float, tokens: tuple[int, int]) -> None:
        """Count an answer; `tokens` are those of prompt and completion, 0 where unknown."""
        if ticket.epoch != self._epoch:
            return
        self._n += 1
        self._slowness += self._relative(now - ticket.at, tokens)
        if self._limit < self.most and self._may_grow():
            self._grow()
        if self._n >= self._window:
            self._close_window()

    def overloaded(self, ticket: Ticket) -> None:
        """Count an answer that says the server has too much to do; its place is still taken."""
        self.opening = False
        self._calm = 0
        if ticket.epoch == self._settling:
            self._settle()
        if ticket.epoch != self._epoch:
            return
        self._n += 1
        self._n_over += 1
        if self._stepping and self._n_over >= max(_MIN_STEP, _STEP_SHARE * self._window):
            self._step_back()
        elif self._n_over >= max(_MIN_OVERLOAD, _OVERLOAD_SHARE * self._window):
            self._settling = self._epoch
            self._cut(0.5)
            self._floor = self._limit
            self._settle()
        elif self._n >= self._window:
            self._close_window()

    @property
    def _stepping(self) -> bool:
        """Whether more is tried than the server is known to hold."""
        return 0 < self._holds < self._limit

    def _settle(self) -> None:
        """Go down to the calls that were not refused; by half where all of them were."""
        self._holds = float(self.in_flight - 1)
        self._limit = self._works = self._holds or self._floor
        self._rounds = _FIRST_ROUNDS

    def _step_back(self) -> None:
        self._limit = self._holds
        self._rounds = min(2 * self._rounds, _MOST_ROUNDS)
        self._epoch += 1
        self._begin_window()

    def _grow(self) -> None:
        if self._holds and self._limit >= self._holds:
            self._calm += 1
            if not self._stepping and self._calm >= self._rounds * self._limit:
                self._calm = 0
                self._limit = min(self.most, self._limit + max(1.0, self._limit / 16))
                self._begin_window()
            return
        top = self._holds or self.most
        self._limit = min(top, self._limit + min(1.0, self._step / self._limit))

    def _may_grow(self) -> bool:
        binding = self.in_flight >= 0.8 * self._limit
        proven = self._clean or self._n >= self._limit
        return binding and proven and self._n_over <= _CLEAN_SHARE * self._n

    def _relative(self, seconds: float, tokens: tuple[int, int]) -> float:
        """Latency over the best for such calls. The best follows down fast and up slowly: one lucky
        call does not set it, and a server that stays slow is the new measure in time."""
        kind = (tokens[0].bit_length(), tokens[1].bit_length())
        best = self._best.get(kind, seconds)
        best += (0.3 if seconds < best else 0.002) * (seconds - best)
        self._best[kind] = best
        return min(seconds / best, 10.0) if best > 0 else 1.0

    def _begin_window(self) -> None:
        self._window = max(self._limit, _MIN_WINDOW)
        self._n = self._n_over = 0
        self._slowness = 0.0
        self._peak = self.in_flight

    def _close_window(self) -> None:
        slowness = self._slowness / max(1, self._n - self._n_over)
        few_over = self._n_over <= _CLEAN_SHARE * self._n
        if self._stepping:
            self._holds = self._limit
            self._rounds = max(1, self._rounds // 2)
        self._clean = few_over and slowness <= _STEADY
        self._slow_windows = self._slow_windows + 1 if slowness >= _SLOW else 0
        if self._clean:
            self._works = max(self._works, self._peak)
        if self._slow_windows >= 2 and 0.8 * min(self._limit, self._peak) >= 0.5 * self._works:
            self._cut(0.8)
        else:
            self._begin_window()

    def _cut(self, factor: float) -> None:
        self._limit = max(1.0, factor * min(self._limit, self._peak))
        self._epoch += 1
        self._clean = False
        self._slow_windows = 0
        self._begin_window()
