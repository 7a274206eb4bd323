"""How many items of a stage may fail before it stops."""

from __future__ import annotations

from specloop.errors import RunStoppedError
from specloop.records import Failure


class Tolerance:
    """Stops a stage while it runs, once more than a share of all its items has failed."""

    def __init__(self, what: str, n: int, share: float) -> None:
        self._what, self._n, self._share = what, n, share
        self._reasons: list[str] = []

    def add(self, failure: Failure) -> None:
        """Count a failure; RunStoppedError when it is one too many. Left-out items do not count."""
        if failure.kind != "failed":
            return
        self._reasons.append(failure.reason)
        if len(self._reasons) > self._share * self._n:
            shown = "; ".join(dict.fromkeys(self._reasons[-3:]))
            n = len(self._reasons)
            raise RunStoppedError(f"{self._what}: {n} of {self._n} failed, stopped there: {shown}")
