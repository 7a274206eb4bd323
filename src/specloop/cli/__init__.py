"""The command line, one file per command. A user's mistake ends in one clear line and exit code
2."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys

INTERRUPTED = 130
"""Exit code of a command stopped by Ctrl-C or SIGTERM."""


def main() -> None:
    """Entry point. Slow modules are loaded in here, where Ctrl-C ends it without a traceback."""
    _open_standard_files()
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    ours = [number for number, handler in usual.items() if signal.getsignal(number) == handler]
    for number in ours:
        signal.signal(number, _end_at_once)
    from specloop.cli.ends import run

    for number in ours:
        signal.signal(number, signal.default_int_handler)
    try:
        run()
    finally:
        gc.freeze()  # What a command leaves is not searched for unused objects before it ends.


def _open_standard_files() -> None:
    """Open closed standard files: otherwise the next file would get their number, and libraries'
    output."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name) or open(os.devnull, "w")  # noqa: SIM115 - to the end
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
        setattr(sys, name, stream)


def _end_at_once(*_: object) -> None:
    os._exit(INTERRUPTED)
