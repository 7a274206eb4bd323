"""The command line, one file per command. A user's mistake ends in one clear line and exit code
2."""

from __future__ import annotations

import io
import os
import signal
import sys

INTERRUPTED = 130
"""Exit code of a command stopped by Ctrl-C or SIGTERM."""


def main() -> None:
    """Entry point. Slow modules are loaded in here, where Ctrl-C ends it without a traceback."""
    _open_standard_files()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end_at_once)
    from specloop.cli.ends import run

    if signal.getsignal(signal.SIGINT) not in (signal.SIG_IGN, None):
        signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


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
