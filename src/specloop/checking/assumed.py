"""Assumptions about texts that are not written yet, which a rehearsal uses."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar


class Assumption:
    """Assumes nothing: code checks every text. A rehearsal overrides what it assumes."""

    def applies(self, request: str) -> bool | None:
        """Whether rules apply to a request; None if code has to check."""

    def kept(self, answer: str) -> bool | None:
        """Whether an answer keeps rules; None if code has to check."""

    def repaired(self, answer: str) -> str | None:
        """The answer repaired to keep the rules; None if code has to repair it."""


_ASSUMED: ContextVar[Assumption] = ContextVar("_ASSUMED", default=Assumption())  # noqa: B039


def assumed() -> Assumption:
    """The current assumption."""
    return _ASSUMED.get()


@contextmanager
def assuming(assumption: Assumption) -> Generator[None]:
    """Use an assumption while the body runs."""
    token = _ASSUMED.set(assumption)
    try:
        yield
    finally:
        _ASSUMED.reset(token)
