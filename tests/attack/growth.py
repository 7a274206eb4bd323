"""Whether work grows with the length of its input and not with its square."""

# pyright: basic
from __future__ import annotations

import gc
import time
from collections.abc import Callable


def assert_linear(work: Callable[[str], object], made: Callable[[int], str], n: int) -> None:
    """Eight times the input may take 24 times as long; quadratic it would be 64 times."""
    assert _seconds(work, made(8 * n)) < 24 * max(_seconds(work, made(n)), 0.0005)


def _seconds(work: Callable[[str], object], text: str) -> float:
    """Processor time: the least of three tries, each long enough for a clock of coarse ticks."""

    def once() -> float:
        begun, n, taken = time.process_time(), 0, 0.0
        while taken < 0.02:
            work(text)
            n, taken = n + 1, time.process_time() - begun
        return taken / n

    # To collect what all tests before this one left takes longer than what is measured.
    gc.disable()
    try:
        return min(once() for _ in range(3))
    finally:
        gc.enable()
