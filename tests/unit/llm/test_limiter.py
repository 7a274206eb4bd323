"""How many calls an endpoint gets at once, on a simulated clock."""

# pyright: basic
from __future__ import annotations

import heapq
import random
from collections.abc import Callable

from specloop.llm.backends.openai.limiter import Limiter, Ticket

Answer = Callable[[int, random.Random], tuple[float, bool]]
"""From calls in flight: seconds until the answer, and whether it is one (else: overloaded)."""


def simulate(limiter: Limiter, answer: Answer, n: int, callers: int = 10_000) -> float:
    """Send `n` calls as fast as the limit allows; gives the seconds it took."""
    rng = random.Random(0)
    now, sent = 0.0, 0
    flying: list[tuple[float, int, Ticket, bool]] = []
    while sent < n or flying:
        while sent < n and limiter.in_flight < min(limiter.limit, callers):
            limiter.enter()
            seconds, good = answer(limiter.in_flight, rng)
            heapq.heappush(flying, (now + seconds, sent, limiter.start(now), good))
            sent += 1
        now, _, ticket, good = heapq.heappop(flying)
        if good:
            limiter.succeeded(ticket, now, (100, 100))
        else:
            limiter.overloaded(ticket)
        limiter.leave()
    return now


def holds(room: int) -> Answer:
    return lambda n, rng: (rng.uniform(0.15, 0.25), True) if n <= room else (0.01, False)


def test_where_nothing_goes_wrong_nothing_is_lost():
    limiter = Limiter(1024)
    assert simulate(limiter, lambda _, __: (0.2, True), 3000) < 0.61
    assert limiter.limit == 1024


def test_the_limit_settles_near_what_the_server_holds():
    for room in (5, 40, 200):
        limiter = Limiter(1024)
        simulate(limiter, holds(room), 20 * room + 4000)
        assert 0.5 * room <= limiter.limit <= 1.3 * room, room


def test_the_limit_recovers_after_an_outage():
    limiter = Limiter(256)
    simulate(limiter, lambda _, __: (0.01, False), 3000)
    assert limiter.limit < 10
    simulate(limiter, lambda _, __: (0.2, True), 3000)
    assert limiter.limit == 256


def test_scattered_overload_answers_are_noise():
    for most in (16, 64, 256, 1024):
        limiter = Limiter(most)
        simulate(limiter, lambda _, rng: (0.2, rng.random() > 0.05), 20_000)
        assert limiter.limit >= most / 2, most


def test_varying_latency_is_noise():
    limiter = Limiter(64)
    simulate(limiter, lambda _, rng: (0.1 * rng.lognormvariate(0, 0.5), True), 20_000)
    assert limiter.limit >= 32


def test_longer_answers_are_no_congestion():
    limiter = Limiter(64)
    for tokens in (10, 100, 1000):
        for n in range(300):
            limiter.enter()
            limiter.succeeded(limiter.start(n), n + tokens / 100, (50, tokens))
            limiter.leave()
    assert limiter.limit == 64


def test_rising_latency_lowers_the_limit_but_not_below_half():
    limiter = Limiter(64)
    simulate(limiter, lambda _, __: (0.1, True), 1000)
    # From now on the server works on 8 at once, and the others wait in it.
    simulate(limiter, lambda n, __: (0.1 * max(1, n / 8), True), 400)
    assert 32 <= limiter.limit < 64


def test_one_burst_cuts_once():
    limiter = Limiter(100)
    for _ in range(100):
        limiter.enter()
    tickets = [limiter.start(0.0) for _ in range(100)]
    for ticket in tickets:
        limiter.overloaded(ticket)
        limiter.leave()
    assert limiter.limit == 50


def test_the_limit_falls_from_what_was_in_flight_not_from_what_was_allowed():
    limiter = Limiter(1024)
    simulate(limiter, holds(10), 2000, callers=40)
    assert limiter.limit <= 20


def test_a_server_that_holds_so_many_is_asked_for_little_more():
    for room in (1, 4, 32, 100):
        limiter, refused = Limiter(1024, 64), 0

        def answer(n: int, rng: random.Random, room: int = room) -> tuple[float, bool]:
            nonlocal refused
            refused += n > room
            return holds(room)(n, rng)

        seconds = simulate(limiter, answer, 2200)
        assert refused < 200, room
        assert seconds < 1.1 * 0.2 * 2200 / room, room


def test_room_that_is_added_later_is_found():
    limiter = Limiter(1024, 64)
    simulate(limiter, holds(32), 2000)
    assert limiter.limit <= 34
    simulate(limiter, holds(128), 20_000)
    assert limiter.limit >= 100


def test_it_opens_as_long_as_nothing_is_refused():
    limiter = Limiter(1000, 64)
    opened = []
    while limiter.opening:
        limiter.widen()
        opened.append(limiter.limit)
    assert opened == [128, 256, 512, 1000]
    other = Limiter(1000, 64)
    other.enter()
    other.overloaded(other.start(0.0))
    other.widen()
    assert other.limit == 64
