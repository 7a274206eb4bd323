"""The command line: one file a command. A user's mistake ends in one clear line and exit code 2."""

from __future__ import annotations

import os
import sys
from typing import Annotated

from cyclopts import App, Parameter

from specloop.cli import (
    bench,
    cache,
    config,
    cost,
    evaluate,
    models,
    rejudge,
    report,
    rules,
    run,
    specbench,
    stages,
    strategies,
    train,
)
from specloop.cli.common import INTERRUPTED
from specloop.errors import SpecloopError
from specloop.terminal import console, errors, guard, results

app = App(
    name="specloop",
    help="From a written specification to a model that measurably follows it.",
    suppress_keyboard_interrupt=False,  # `main` says what was kept
    console=results,
    error_console=errors,
)
for module in (
    rules,
    stages,
    train,
    evaluate,
    report,
    run,
    specbench,
    rejudge,
    bench,
    cost,
    config,
    cache,
    models,
    strategies,
):
    module.register(app)


app.meta.suppress_keyboard_interrupt = False


@app.meta.default
def launch(
    *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    quiet: Annotated[bool, Parameter(help="Print results and errors only.", negative="")] = False,
) -> None:
    """From a written specification to a model that measurably follows it."""
    console.quiet = quiet
    app(tokens)


def main() -> None:
    """Entry point: run the command, print errors without a traceback."""
    guard()
    try:
        app.meta()
    except SpecloopError as error:
        errors.print(f"specloop: {error}", style="red", markup=False, soft_wrap=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt as interrupt:
        message = "specloop: stopped; what finished is kept, the same command goes on from there"
        errors.print(str(interrupt) or message, style="yellow", markup=False, soft_wrap=True)
        sys.stdout.flush()
        # Not sys.exit: it would wait for a training that runs in a thread.
        os._exit(INTERRUPTED)
