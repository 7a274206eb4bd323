"""The commands, run in the tests' process or in one of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from specloop.cli.app import app
from specloop.cli.ends import in_words
from specloop.config import Config
from specloop.pipeline import Run
from specloop.store import RunFolder
from specloop.terminal import console, errors, results


class Done(NamedTuple):
    """How a command ended and what it printed."""

    returncode: int
    stderr: str
    stdout: str


def here(*args: object) -> str:
    """A command in this process, and what it prints; its errors are raised."""
    with console.capture() as remarks, results.capture() as said:
        app([str(arg) for arg in args], result_action="return_value")
    return remarks.get() + said.get()


def specloop(*args: object, check: bool = True) -> Done:
    """A command in this process, ended as the entry point ends it."""
    code = 0
    with console.capture() as remarks, results.capture() as said, errors.capture() as warnings:
        try:
            app([str(arg) for arg in args], result_action="return_value")
        except Exception as error:
            if check:
                raise
            told = in_words(error)
            console.print(f"specloop: {told}", markup=False, soft_wrap=True)
            code = told.exit_code
        except SystemExit as end:
            code = int(end.code or 0)
    return Done(code, warnings.get() + remarks.get(), said.get())


def started(path: Path, config: Config) -> Run:
    """A run in a new folder, where its configuration is noted."""
    run = Run(RunFolder(path, create=True), config)
    with run.folder.locked():
        run.begin()
    return run


def command(*args: object) -> list[str]:
    """The command line of a command in a process of its own."""
    return [sys.executable, "-m", "specloop.cli", *map(str, args)]


def process(*args: object) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, whatever it ends with."""
    return subprocess.run(command(*args), capture_output=True, text=True, timeout=600, check=False)
