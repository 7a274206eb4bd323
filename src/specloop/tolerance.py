"""How many items of a stage may fail, or not be read of a judge, before it stops."""

from __future__ import annotations

import math
from collections.abc import Sequence

from specloop.errors import RunStoppedError
from specloop.records import Failure

_ENOUGH = 3
"""Items that are not read before anything is made of it."""
_SURE = math.log(1000)


class Tolerance:
    """Stops a stage while it runs, once more than a share of all its items has failed."""

    def __init__(self, what: str, n: int, share: float) -> None:
        self._what, self._n, self._share = what, n, share
        self._reasons: list[str] = []
        self._n_left_out = 0

    @property
    def note(self) -> str:
        """How many items are left out so far, in words; empty where none is."""
        return f"{self._n_left_out} left out" if self._n_left_out else ""

    def add(self, failures: Sequence[Failure]) -> None:
        """Count what failed of an item. Items that were left out do not count against it."""
        self._n_left_out += len(failures)
        self._reasons += [failure.reason for failure in failures if failure.kind == "failed"]

    def check(self) -> None:
        """RunStoppedError where too many have failed: nothing more is to be asked. So a stage that
        has stopped does so again from stored replies alone."""
        n = len(self._reasons)
        if n > self._share * self._n:
            shown = "; ".join(dict.fromkeys(self._reasons[-3:]))
            raise RunStoppedError(
                f"{self._what}: {n} of {self._n} failed, stopped there: {shown}. "
                "What finished is kept: repair that, and the same command goes on"
            )


class Legibility:
    """Stops a stage early whose judge cannot be read on too many items.

    That is certain once more items than the share allows of all cannot be read, and as good as
    certain where so many of those done so far would come once in a thousand times from a judge
    that is just good enough (Chernoff's bound): 5 of the first 5 at a share of 0.2.
    """

    def __init__(self, judge: str, share: float, n: int = 0) -> None:
        # `n` items in all; 0: not known.
        self._judge, self._share, self._n = judge, share, n
        self._done = self._bad = 0

    def add(self, trouble: str) -> None:
        """Count an item: why it could not be read, with an example; empty where it could be.
        RunStoppedError when it is one too many."""
        self._done += 1
        if not trouble:
            return
        self._bad += 1
        if self._bad < _ENOUGH or not (self._is_certain() or self._is_unlikely()):
            return
        raise RunStoppedError(
            f"{self._judge}: {self._bad} of {self._done} items could not be read, more than"
            f" the share of {self._share:g} that max_failures allows; stopped there, and what was"
            f" judged is kept. The last of them: {trouble}. Take another model, mode or options for"
            " this judge, or raise max_failures"
        )

    def _is_certain(self) -> bool:
        return bool(self._n) and self._bad > self._share * self._n

    def _is_unlikely(self) -> bool:
        found, allowed = self._bad / self._done, self._share
        if found <= allowed:
            return False
        if not allowed:
            return True
        nats = found * math.log(found / allowed)
        if found < 1:
            nats += (1 - found) * math.log((1 - found) / (1 - allowed))
        return self._done * nats > _SURE
