"""The command line: one file a command. A user's mistake ends in one clear line and exit code 2."""

from __future__ import annotations

import sys

from cyclopts import App

from specloop.cli import evaluate, models, report, rules, run, stages, strategies, train
from specloop.errors import SpecloopError
from specloop.progress import console

app = App(
    name="specloop", help="From a written specification to a model that measurably follows it."
)
for module in (rules, stages, train, evaluate, report, run, models, strategies):
    module.register(app)


def main() -> None:
    """Entry point: run the command, print errors without a traceback."""
    try:
        app()
    except SpecloopError as error:
        console.print(f"specloop: {error}", style="red", markup=False, soft_wrap=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        message = "specloop: stopped; what finished is kept, the same command goes on from there"
        console.print(message, style="yellow")
        sys.exit(130)
