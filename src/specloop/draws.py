"""Random draws that depend on what they are about, never on a place in a list.

So adding, removing or moving an item leaves every other draw unchanged. A rule is named by its
wording, an instance by its seed, a seed prompt by its text: ids hold the section and would change
with a heading.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import sha256
from typing import TypeVar

from specloop.records import content_id

T = TypeVar("T")


def seed_of(*about: object) -> int:
    """A seed of 31 bits."""
    return int(_digest(about), 16) % 2**31


def chance(*about: object) -> float:
    """A number in [0, 1)."""
    return int(_digest(about), 16) / 2**64


def drawn(what: str, share: float, *about: object) -> bool:
    """Whether something is among the share that is drawn; `what` says what for. A share is 0 or 1
    where the outcome follows from earlier draws."""
    decide = _DECIDE.get()
    decided = decide(what, share, about) if decide else None
    return chance(*about) < share if decided is None else decided


Decide = Callable[[str, float, tuple[object, ...]], bool | None]
"""Says, in a rehearsal, whether the next one is drawn; None where it follows from what it is
about."""
_DECIDE: ContextVar[Decide | None] = ContextVar("_DECIDE", default=None)


@contextmanager
def drawing(decide: Decide) -> Generator[None]:
    """Let a function say what is drawn while the body runs."""
    token = _DECIDE.set(decide)
    try:
        yield
    finally:
        _DECIDE.reset(token)


def ranked(items: Iterable[T], name: Callable[[T], str], *about: object) -> list[T]:
    """The items in an order drawn by their names; items with the same name keep their order."""
    return sorted(items, key=_rank(name, about))


def picked(items: Iterable[T], name: Callable[[T], str], *about: object) -> T:
    """One of the items, drawn by their names. It does not change if another item is removed."""
    return min(items, key=_rank(name, about))


def _rank(name: Callable[[T], str], about: tuple[object, ...]) -> Callable[[T], bytes]:
    digest = _digest(about)
    return lambda item: sha256(f"{digest}{name(item)}".encode(errors="replace")).digest()


def _digest(about: tuple[object, ...]) -> str:
    return content_id([str(part) for part in about])
