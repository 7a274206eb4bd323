"""Progress of long stages: a bar with rate and ETA on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

console = Console(stderr=True, highlight=False)
if not console.is_terminal:
    # A log or a pipe has no width: wide enough for the tables of four models.
    console = Console(stderr=True, highlight=False, width=120)


class Advance(Protocol):
    """Tell the display that `n` more are done, with a short note on how it goes."""

    def __call__(self, n: int = 1, note: str = "") -> None:
        """Count `n` more as done."""
        ...


@contextmanager
def progress(title: str, total: int) -> Generator[Advance]:
    """Show progress over `total` items while the body runs."""
    shown = _bar(title, total) if console.is_terminal else _lines(title, total)
    with shown as advance:
        yield advance


@contextmanager
def _bar(title: str, total: int) -> Generator[Advance]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=console) as display:
        task = display.add_task(title, total=total, note="")

        def advance(n: int = 1, note: str = "") -> None:
            display.advance(task, n)
            if note:
                display.update(task, note=note)

        yield advance


@contextmanager
def _lines(title: str, total: int, every_s: float = 10.0) -> Generator[Advance]:
    start = last = time.monotonic()
    done = 0

    def advance(n: int = 1, note: str = "") -> None:
        nonlocal done, last
        done += n
        now = time.monotonic()
        if now - last >= every_s and done < total:
            last = now
            eta = (now - start) / max(done, 1) * (total - done)
            console.print(f"  {title}: {done}/{total}, about {eta:.0f} s left {note}".rstrip())

    yield advance
    console.print(f"  {title}: {done}/{total} in {time.monotonic() - start:.1f} s")
