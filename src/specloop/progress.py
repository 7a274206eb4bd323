"""Progress of long stages: a live bar on a terminal, plain lines elsewhere.

Beside what is done it shows what the model calls do, where somebody `watched` them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

LINE_EVERY_S = 10.0

# Without emoji: a model's name may hold `:m:`.
console = Console(stderr=True, highlight=False, emoji=False)
if not console.is_terminal:
    # A log or a pipe has no width: wide enough for the tables of four models.
    console = Console(stderr=True, highlight=False, emoji=False, width=120)


class Pulse(NamedTuple):
    """What the model calls do at this moment; counts since the stage was opened."""

    n_failed: int
    n_retried: int
    tokens_in: int
    tokens_out: int
    usd: float | None
    """None where no prices are known."""
    in_flight: int
    limit: int | None
    """How many calls the servers get at once; None where nothing limits them."""

    def __str__(self) -> str:
        parts = [f"{self.n_failed} failed"] if self.n_failed else []
        parts += [f"{self.n_retried} retried"] if self.n_retried else []
        parts.append(f"{_short(self.tokens_in)} tokens in, {_short(self.tokens_out)} out")
        parts += [f"{self.usd:.2f} USD"] if self.usd is not None else []
        of = f" of {self.limit}" if self.limit is not None else ""
        return ", ".join([*parts, f"{self.in_flight}{of} in flight"])


class Advance(Protocol):
    """Tell the display that `n` more are done, with a short note on how it goes."""

    def __call__(self, n: int = 1, note: str = "") -> None:
        """Count `n` more as done."""
        ...


_watched: list[Callable[[], Pulse]] = []


@contextmanager
def watched(pulse: Callable[[], Pulse]) -> Generator[None]:
    """Show what the model calls do in every progress display while the body runs."""
    _watched.append(pulse)
    try:
        yield
    finally:
        _watched.remove(pulse)


@contextmanager
def progress(title: str, total: int) -> Generator[Advance]:
    """Show progress over `total` items while the body runs."""
    shown = _bar(title, total) if console.is_terminal else _lines(title, total)
    with shown as advance:
        yield advance


class _Display(Progress):
    """A bar and, below it, the model calls."""

    def get_renderables(self) -> Generator[RenderableType]:
        """The lines of the live group, drawn anew at each refresh."""
        yield self.make_tasks_table(self.tasks)
        if _watched:
            yield Text(f"  {_watched[-1]()}", style="dim")


@contextmanager
def _bar(title: str, total: int) -> Generator[Advance]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    start, done = time.monotonic(), 0
    with _Display(*columns, console=console) as display:
        task = display.add_task(title, total=total, note="", rate="")

        def advance(n: int = 1, note: str = "") -> None:
            nonlocal done
            done += n
            display.advance(task, n)
            display.update(task, rate=f"{_rate(done, start)}/s")
            if note:
                display.update(task, note=note)

        yield advance


@contextmanager
def _lines(title: str, total: int) -> Generator[Advance]:
    start, done, noted = time.monotonic(), 0, ""
    ended = threading.Event()

    def advance(n: int = 1, note: str = "") -> None:
        nonlocal done, noted
        done += n
        noted = note or noted

    def tell() -> None:
        while not ended.wait(LINE_EVERY_S):
            seconds = time.monotonic() - start
            left = f"about {seconds / done * (total - done):.0f} s left" if done else "no end seen"
            parts = [f"{done}/{total}", f"{_rate(done, start)}/s", left, noted]
            parts += [str(_watched[-1]())] if _watched else []
            console.print(f"  {title}: {', '.join(part for part in parts if part)}")

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield advance
    finally:
        ended.set()
        teller.join()
    console.print(f"  {title}: {done}/{total} in {time.monotonic() - start:.1f} s")


def _rate(done: int, start: float) -> str:
    rate = done / max(time.monotonic() - start, 1e-3)
    return f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}"


def _short(n: int) -> str:
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if n >= size:
            return f"{n / size:.1f} {unit}"
    return str(n)
