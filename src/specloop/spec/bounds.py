"""Limits on reading a document: its size, its pieces, the time, and the memory for converting it.

Some documents take far longer to read than their size suggests. Limits on numbers refuse what can
be counted in advance, the same on every machine; a clock stops the rest.
"""

from __future__ import annotations

import gc
import signal
import threading
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from specloop.errors import InputError

MAX_LINES = 1_000_000
MAX_BLOCKS = 500_000
"""Most headings, paragraphs, list items and table cells."""
MAX_RULES = 200_000
MAX_TOLD = 200_000_000
"""Most characters of all rules and sections, with the lead-ins and headings that each repeats."""
MAX_UNPACKED = 200_000_000
"""Most bytes of a DOCX file's parts."""
_MAX_OPEN_TAGS = 2_000
_MAX_MEMORY = 4_000_000_000
_SECONDS = 240.0
_REMEDY = "check that it is the right file, or give only the part that states rules"


def refuse_more(name: str, n: int, most: int, what: str) -> None:
    """InputError if a document holds more of something than is read."""
    if n > most:
        raise InputError(f"{name}: {n:,} {what} are more than the {most:,} read; {_REMEDY}")


def refuse_shape(name: str, text: str, *, html: bool) -> None:
    """InputError for a text that the parsers could not read in time."""
    refuse_more(name, text.count("\n") + text.count("\r"), MAX_LINES, "lines")
    if html:
        # For each of them the parser searches all the rest of the text for its end.
        n_open = text.count("<") - text.count(">")
        refuse_more(name, n_open, _MAX_OPEN_TAGS, "tags without an end")


def refuse_zip_bomb(path: Path) -> None:
    """InputError for a DOCX file whose parts are far larger than itself."""
    with zipfile.ZipFile(path) as file:
        n_bytes = sum(part.file_size for part in file.infolist())
    if n_bytes > MAX_UNPACKED:
        raise InputError(
            f"{path}: unpacked it has {n_bytes / 1e6:,.0f} MB, more than the"
            f" {MAX_UNPACKED / 1e6:,.0f} MB read; export it as Markdown or text"
        )


class _LateError(BaseException):
    """The time is up. Not an Exception, so that no parser handles it as a fault of the document."""


@contextmanager
def ended_at_once() -> Generator[None]:
    """Let Ctrl-C, and SIGTERM where something handles it, end the body at once by
    KeyboardInterrupt.

    An event loop would wait for the body to end, as nothing in it awaits. Only in the main thread.
    """
    if threading.current_thread() != threading.main_thread():
        yield
        return

    def end(*_: Any) -> None:
        raise KeyboardInterrupt

    numbers = [n for n in (signal.SIGINT, signal.SIGTERM) if callable(signal.getsignal(n))]
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def in_time(name: str) -> Generator[None]:
    """InputError if the body takes too much processor time, no matter how busy the machine is.

    Only the main thread is watched, on systems with such a clock. Signals end the body at once.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() != threading.main_thread():
        yield
        return

    def late(*_: Any) -> None:
        raise _LateError

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, _SECONDS, 1.0)
    try:
        with ended_at_once():
            yield
    except _LateError:
        raise InputError(f"{name}: not read after {_SECONDS:.0f} s of work; {_REMEDY}") from None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@contextmanager
def in_memory() -> Generator[None]:
    """MemoryError if the body takes too much memory, on systems that can limit it."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        yield
        return
    import resource

    used = int(statm.read_text().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = used + _MAX_MEMORY
    if soft != resource.RLIM_INFINITY:
        most = min(most, soft)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@contextmanager
def collected_later() -> Generator[None]:
    """No search for unused objects in the body, which makes many and drops few: it took a tenth of
    the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
