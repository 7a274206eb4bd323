"""How much of a document is read: in size, in pieces, in time, and in memory where it is converted.

What a document is made of may take far longer to read than its size says. Numbers refuse what can
be told beforehand, the same on every machine; a clock refuses the rest.
"""

from __future__ import annotations

import signal
import threading
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from specloop.errors import InputError

MAX_LINES = 400_000
MAX_BLOCKS = 200_000
"""Headings, paragraphs, list items and table cells."""
MAX_RULES = 20_000
MAX_TOLD = 100_000_000
"""Characters of all rules and sections with what each repeats of its lead-ins and headings."""
MAX_UNPACKED = 200_000_000
"""Bytes of a DOCX file's parts."""
_MAX_OPEN_TAGS = 2_000
_MAX_MEMORY = 4_000_000_000
_SECONDS = 30.0
_REMEDY = "check that it is the right file, or give only the part that states rules"


def refuse_more(name: str, found: int, most: int, what: str) -> None:
    """InputError where a document holds more of something than is read."""
    if found > most:
        raise InputError(f"{name}: {found:,} {what} are more than the {most:,} read; {_REMEDY}")


def refuse_shape(name: str, text: str, *, html: bool) -> None:
    """InputError for a text that no parser gets through in time."""
    refuse_more(name, text.count("\n") + text.count("\r"), MAX_LINES, "lines")
    if html:
        # The parser looks for the end of each of them through all the rest.
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
    """No parser may take this for a fault of the document that it can pass over."""


@contextmanager
def in_time(name: str) -> Generator[None]:
    """InputError where what is done within takes too much of the processor's time, however busy
    the machine is. Only the main thread of a system with such a clock is watched."""
    if not hasattr(signal, "setitimer") or threading.current_thread() != threading.main_thread():
        yield
        return

    def late(*_: Any) -> None:
        raise _LateError

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, _SECONDS, 1.0)
    try:
        yield
    except _LateError:
        raise InputError(f"{name}: not read after {_SECONDS:.0f} s of work; {_REMEDY}") from None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@contextmanager
def in_memory() -> Generator[None]:
    """MemoryError where what is done within takes too much memory, on systems that can tell."""
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
