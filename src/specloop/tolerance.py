"""How many items of a stage may fail, or be unreadable for a judge, before the stage stops."""

from __future__ import annotations

import math
from collections.abc import Sequence

from specloop.errors import RunStoppedError
from specloop.records import Failure

_ENOUGH = 3
"""Least unreadable items before the stage can stop."""
_SURE = math.log(1000)


class Tolerance:
    """Stops a stage while it runs, once more than a share of all its items has failed."""

    def __init__(self, what: str, n: int, share: float) -> None:
        self._what, self._n, self._share = what, n, share
        self._reasons: list[str] = []
        self._n_left_out = 0

    @property
    def note(self) -> str:
        """How many items are left out so far, in words; empty if none."""
        return f"{self._n_left_out} left out" if self._n_left_out else ""

    def add(self, failures: Sequence[Failure]) -> None:
        """Count the failures of an item. Items that were left out do not count as failed."""
        self._n_left_out += len(failures)
        self._reasons += [failure.reason for failure in failures if failure.kind == "failed"]

    def check(self) -> None:
        """RunStoppedError if too many have failed.

        A stage that has stopped stops again from stored replies, without asking a model.
        """
        n = len(self._reasons)
        if n > self._share * self._n:
            shown = "; ".join(dict.fromkeys(self._reasons[-3:]))
            raise RunStoppedError(
                f"{self._what}: {n} of {self._n} failed, stopped there: {shown}. "
                "What finished is kept: repair that, and the same command goes on"
            )


class Legibility:
    """Stops a stage early if its judge cannot be read on too many items.

    It stops when more items cannot be read than the share of all allows, or when that is as good
    as certain: a judge that is just good enough would fail on so many of the items done so far
    only once in a thousand times (Chernoff's bound). At a share of 0.2 that is 5 of the first 5.
    """

    def __init__(self, judge: str, share: float, n: int = 0) -> None:
        # `n` items in all; 0: not known.
        self._judge, self._share, self._n = judge, share, n
        self._done = self._bad = 0

    def add(self, trouble: str) -> None:
        """Count an item, with the reason and an example if it could not be read.

        RunStoppedError if it is one too many.
        """
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
        share, allowed = self._bad / self._done, self._share
        if share <= allowed:
            return False
        if not allowed:
            return True
        nats = share * math.log(share / allowed)
        if share < 1:
            nats += (1 - share) * math.log((1 - share) / (1 - allowed))
        return self._done * nats > _SURE
