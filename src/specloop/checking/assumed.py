"""What is assumed of texts that nobody has written yet: a rehearsal goes on from there."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar


class Assumption:
    """Nothing: code looks at every text itself. A rehearsal overrides what it knows of its own."""

    def applies(self, request: str) -> bool | None:
        """Whether rules apply to a request; None where code is to look."""

    def kept(self, answer: str) -> bool | None:
        """Whether an answer keeps rules; None where code is to look."""

    def repaired(self, answer: str) -> str | None:
        """The answer as it keeps them; None where code is to make it."""


_ASSUMED: ContextVar[Assumption] = ContextVar("_ASSUMED", default=Assumption())  # noqa: B039


def assumed() -> Assumption:
    """What holds here."""
    return _ASSUMED.get()


@contextmanager
def assuming(assumption: Assumption) -> Generator[None]:
    """Let an assumption hold while the body runs."""
    token = _ASSUMED.set(assumption)
    try:
        yield
    finally:
        _ASSUMED.reset(token)
