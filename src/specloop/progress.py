"""Progress of long stages: a live bar on a terminal, plain lines elsewhere.

Besides the items done it shows what the model calls do, if they are shown (`showing_calls`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from rich.console import RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from specloop.terminal import console, one_line

LINE_EVERY_S = 10.0


class CallStatus(NamedTuple):
    """What the model calls do at this moment, with counts since the stage was opened."""

    n_failed: int
    n_retried: int
    tokens_in: int
    tokens_out: int
    usd: float | None
    """None if no prices are known."""
    in_flight: int
    limit: int | None
    """How many calls the servers get at once; None if there is no limit."""

    def __str__(self) -> str:
        parts = [f"{self.n_failed} failed"] if self.n_failed else []
        parts += [f"{self.n_retried} retried"] if self.n_retried else []
        parts.append(f"{_short(self.tokens_in)} tokens in, {_short(self.tokens_out)} out")
        parts += [f"{self.usd:.2f} USD"] if self.usd is not None else []
        of = f" of {self.limit}" if self.limit is not None else ""
        return ", ".join([*parts, f"{self.in_flight}{of} in flight"])


class Advance(Protocol):
    """Tells the display that `n` more are done, with a short note."""

    def __call__(self, n: int = 1, note: str = "") -> None:
        """Count `n` more as done."""
        ...


_shown: list[Callable[[], CallStatus]] = []


@contextmanager
def showing_calls(status: Callable[[], CallStatus]) -> Generator[None]:
    """Show what the model calls do in all progress displays while the body runs."""
    _shown.append(status)
    try:
        yield
    finally:
        _shown.remove(status)


TimeLeft = Callable[[], float | None]
"""Seconds left, or None where that is not known yet."""


@contextmanager
def progress(title: str, total: int, left: TimeLeft | None = None) -> Generator[Advance]:
    """Show progress over `total` items while the body runs.

    `left` gives the time left where it does not follow from the items that are done.
    """
    pace = _Pace(total, left)
    shown = _bar(title, pace) if console.is_terminal else _lines(title, pace)
    with shown as advance:
        yield advance


class _Pace:
    """How fast the items are done, and how long the rest will take."""

    def __init__(self, total: int, left: TimeLeft | None) -> None:
        self.total = total
        self.done = 0
        self._left = left
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._start

    @property
    def rate(self) -> str:
        """Items per second."""
        rate = self.done / max(self.seconds, 1e-3)
        return f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}"

    @property
    def left(self) -> str:
        """The time left, in words."""
        if self._left is not None:
            seconds = self._left()
        else:
            seconds = self.seconds / self.done * (self.total - self.done) if self.done else None
        return time_left(seconds)


def time_left(seconds: float | None) -> str:
    """The time left, in words; None where it is not known."""
    return "time left unknown" if seconds is None else f"about {_span(seconds)} left"


def _span(seconds: float) -> str:
    """A time in its largest two units: 40 s, 12 min, 3 h 10 min."""
    minutes = round(seconds / 60)
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


class _Display(Progress):
    """A bar and, below it, the model calls."""

    def get_renderables(self) -> Generator[RenderableType]:
        """The lines of the live group at each refresh."""
        yield self.make_tasks_table(self.tasks)
        if _shown:
            yield Text(f"  {_shown[-1]()}", style="dim")


@contextmanager
def _bar(title: str, pace: _Pace) -> Generator[Advance]:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}", markup=False),
        TextColumn("{task.fields[pace].left}", style="cyan", markup=False),
        TextColumn("{task.fields[note]}", markup=False),
    )
    # Other output does not bypass the console anyway, and rich would read colours in it.
    apart = _Display(*columns, console=console, redirect_stdout=False, redirect_stderr=False)
    with apart as display:
        task = display.add_task(one_line(title), total=pace.total, pace=pace, note="", rate="")

        def advance(n: int = 1, note: str = "") -> None:
            pace.done += n
            display.advance(task, n)
            display.update(task, rate=f"{pace.rate}/s")
            if note:
                display.update(task, note=one_line(note))

        yield advance


@contextmanager
def _lines(title: str, pace: _Pace) -> Generator[Advance]:
    noted = ""
    ended = threading.Event()

    def advance(n: int = 1, note: str = "") -> None:
        nonlocal noted
        pace.done += n
        noted = note or noted

    def tell() -> None:
        while not ended.wait(LINE_EVERY_S):
            parts = [f"{pace.done}/{pace.total}", f"{pace.rate}/s", pace.left, noted]
            parts += [str(_shown[-1]())] if _shown else []
            console.print(f"  {title}: {', '.join(part for part in parts if part)}")

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield advance
    finally:
        ended.set()
        teller.join()
    console.print(f"  {title}: {pace.done}/{pace.total} in {pace.seconds:.1f} s")


def _short(n: int) -> str:
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if n >= size:
            return f"{n / size:.1f} {unit}"
    return str(n)
