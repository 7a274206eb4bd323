"""The command line: one file a command. A user's mistake ends in one clear line and exit code 2."""

from __future__ import annotations

import io
import os
import signal
import sys

INTERRUPTED = 130
"""Exit code of a command that Ctrl-C or SIGTERM has stopped."""


def main() -> None:
    """Entry point. What takes time is loaded in here, where Ctrl-C ends it without a traceback."""
    _open_standard_files()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end_at_once)
    from specloop.cli.ends import run

    if signal.getsignal(signal.SIGINT) not in (signal.SIG_IGN, None):
        signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


def _open_standard_files() -> None:
    """Where a standard file is closed, the next file that is opened would get its number, and what
    a library prints."""
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
