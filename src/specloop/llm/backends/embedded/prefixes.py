"""Decide which requests to hold back so that a shared beginning is read only once.

The runtime keeps the key-value blocks of finished prefills and gives them to later requests with
the same beginning, but requests that start in the same step each read the shared part for
themselves. So a request waits while another one is still reading blocks that it needs too.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import takewhile

BLOCK = 32
"""Tokens in one key-value block of the CPU runtime."""
_WORTH_WAITING = 2
"""Least shared blocks: with fewer, a request loses more by waiting than by reading them itself."""

Chain = tuple[int, ...]
"""One number for each whole block of a prompt, computed from the block and all before it."""


def chain(ids: Sequence[int]) -> Chain:
    """The chain of a prompt's whole blocks: equal numbers mean an equal beginning."""
    numbers: list[int] = []
    before = 0
    for start in range(0, len(ids) - BLOCK + 1, BLOCK):
        before = hash((before, tuple(ids[start : start + BLOCK])))
        numbers.append(before)
    return tuple(numbers)


class Prefixes:
    """Keeps track of the blocks that have been read and those that are being read."""

    def __init__(self, keep: int = 4096) -> None:
        self._keep = keep
        self._read: OrderedDict[int, None] = OrderedDict()
        self._reading: dict[int, Chain] = {}

    def must_wait(self, blocks: Chain) -> bool:
        """Whether another request is reading enough of what this one needs."""
        if not self._reading:
            return False
        reading = {number for other in self._reading.values() for number in other}
        known = sum(1 for _ in takewhile(self._read.__contains__, blocks))
        shared = sum(1 for _ in takewhile(lambda b: b in self._read or b in reading, blocks))
        return shared - known >= _WORTH_WAITING

    def start(self, key: int, blocks: Chain) -> None:
        """Note that a request's prompt is being read."""
        self._reading[key] = blocks

    def done(self, key: int) -> None:
        """Note that a request's prompt has been read, or was given up."""
        for number in self._reading.pop(key, ()):
            self._read[number] = None
            self._read.move_to_end(number)
        while len(self._read) > self._keep:
            self._read.popitem(last=False)
