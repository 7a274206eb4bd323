"""How a command ends: with its result, or with one line that says what to do."""

from __future__ import annotations

import errno
import os
import platform
import sqlite3
import sys
import tempfile
import traceback
import warnings
from importlib.metadata import version

from specloop.cli import INTERRUPTED
from specloop.cli.app import app
from specloop.errors import InputError, RunStoppedError, SpecloopError
from specloop.files import remedy
from specloop.llm.calls.database import KEEP
from specloop.terminal import errors, guard, harmless, one_line

_OF_PATHLIB = {
    "Symlink loop": "repair the link",
    "Could not determine home": "set HOME, or SPECLOOP_CACHE for models",
}
"""Errors without a type of their own."""
_AGAIN = "what finished is kept, the same command goes on from there"


def run() -> None:
    """Run the command; print errors without a traceback."""
    guard()
    try:
        app.meta()
    except KeyboardInterrupt as interrupt:
        message = f"specloop: stopped; {_AGAIN}"
        errors.print(str(interrupt) or message, style="yellow", markup=False, soft_wrap=True)
        # Not sys.exit: it would wait for a training that runs in a thread.
        os._exit(INTERRUPTED)
    except Exception as error:
        failure = in_words(error)
        # Errors of half-made objects, such as an event loop without files, are not printed any
        # more.
        sys.unraisablehook = lambda _: None
        warnings.simplefilter("ignore")
        errors.print(f"specloop: {failure}", style="red", markup=False, soft_wrap=True)
        sys.exit(failure.exit_code)


def in_words(error: BaseException) -> SpecloopError:
    """The message for an error, with its exit code."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, SpecloopError):
        return error
    if isinstance(error, OSError):
        return _of_the_system(error)
    if isinstance(error, sqlite3.Error):
        return RunStoppedError(f"a file of calls cannot be used ({error}); {KEEP}")
    if isinstance(error, MemoryError):
        return RunStoppedError(f"the memory is full: {remedy(errno.ENOMEM)}; {_AGAIN}")
    for begin, what in _OF_PATHLIB.items():
        if isinstance(error, RuntimeError) and str(error).startswith(begin):
            return InputError(f"{error}: {what}")
    return RunStoppedError(_report(error))


def _of_the_system(error: OSError) -> SpecloopError:
    """The message for a system error: the disk or memory stops a run; a bad file is the user's
    mistake."""
    if not error.errno:  # libraries raise it for a model's folder
        return InputError(one_line(str(error)) or "a file cannot be used")
    names = [
        os.fsdecode(n) for n in (error.filename, error.filename2) if isinstance(n, str | bytes)
    ]
    what = " -> ".join(names) or "the system"
    if not names and error.errno == errno.ENOENT and not _has_folder():
        return InputError("the current folder is gone: change to one that is there")
    words = f"{what}: {error.strerror}: {remedy(error.errno)}; {_AGAIN}"
    wrong = (errno.EACCES, errno.ENAMETOOLONG, errno.ENOENT, errno.ELOOP, errno.EISDIR)
    return InputError(words) if error.errno in (*wrong, errno.ENOTDIR) else RunStoppedError(words)


def _has_folder() -> bool:
    try:
        return bool(os.getcwd())
    except OSError:
        return False


def _report(error: BaseException) -> str:
    """The message for an unexpected error, whose traceback goes to a file."""
    text = "".join(traceback.format_exception(error))
    head = f"specloop {version('specloop')}, Python {platform.python_version()}\n"
    try:
        number, name = tempfile.mkstemp(prefix="specloop-", suffix=".txt")
        with os.fdopen(number, "w", encoding="utf-8", errors="replace") as file:
            file.write(harmless(head + text))
        where = f"please report it with {name}"
    except OSError:
        where = f"please report it:\n{head}{text}"
    reason = str(error).strip().splitlines()
    what = f"{type(error).__name__}: {reason[0][:300]}" if reason else type(error).__name__
    return f"unexpected {what}; this is a mistake of specloop, not yours; {_AGAIN}; {where}"
