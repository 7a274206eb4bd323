"""How many calls one endpoint gets at once: as many as it answers.

The limit starts at the most allowed, so nothing is lost where nothing goes wrong. Trouble cuts it
(multiplicative decrease); clean answers raise it again, doubling each round trip while it is small
(slow start) and by a fixed step after that (additive increase). It is raised only while it binds.

Noise must not sink it. An overload answer (429, 503) counts only in company: 15% of a window and at
least 8. Calls sent before a cut do not count after it, so one burst cuts once; a server that holds
n calls therefore never brings the limit below n/2. Latency is compared with the best seen for
calls of about the same length (tokens of prompt and completion, by powers of two), over whole
windows, and never cuts below half of what has worked.
"""

from __future__ import annotations

from typing import NamedTuple

_MIN_WINDOW = 32
_OVERLOAD_SHARE, _MIN_OVERLOAD = 0.15, 8
_CLEAN_SHARE = 0.02
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

    def __init__(self, most: int) -> None:
        self.most = most
        self.in_flight = 0
        self._limit = float(most)
        self._step = max(4.0, most / 16)
        self._epoch = 0
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
        return Ticket(now, self._epoch)

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
            self._limit = min(self.most, self._limit + min(1.0, self._step / self._limit))
        if self._n >= self._window:
            self._close_window()

    def overloaded(self, ticket: Ticket) -> None:
        """Count an answer that says the server has too much to do."""
        if ticket.epoch != self._epoch:
            return
        self._n += 1
        self._n_over += 1
        if self._n_over >= max(_MIN_OVERLOAD, _OVERLOAD_SHARE * self._window):
            self._cut(0.5)
            self._works = self._limit
        elif self._n >= self._window:
            self._close_window()

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
