"""The commands, and the options that they all take."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from specloop.cli.bench import bench
from specloop.cli.cache import cache
from specloop.cli.config import config
from specloop.cli.cost import cost
from specloop.cli.diff import diff
from specloop.cli.evaluate import evaluate
from specloop.cli.gate import gate
from specloop.cli.judge import judge
from specloop.cli.lint import lint_command
from specloop.cli.models import models
from specloop.cli.refusals import refusals
from specloop.cli.rejudge import rejudge
from specloop.cli.review import review
from specloop.cli.rubrics import rubrics
from specloop.cli.rules import rules
from specloop.cli.run import run
from specloop.cli.specbench import specbench
from specloop.cli.stages import STAGE_COMMANDS
from specloop.cli.strategies import strategies
from specloop.cli.update import update
from specloop.cli.why import why
from specloop.terminal import console, errors, results

app = App(
    name="specloop",
    help="From a written specification to a model that measurably follows it.",
    suppress_keyboard_interrupt=False,  # `ends` reports what was kept
    console=results,
    error_console=errors,
)
for name, command in STAGE_COMMANDS.items():
    app.command(command, name=name)
app.command(evaluate, name="eval")
app.command(lint_command, name="lint")
judge.command(refusals)
for command in (
    rules,
    run,
    update,
    diff,
    rejudge,
    gate,
    cost,
    config,
    strategies,
    specbench,
    bench,
    rubrics,
    judge,
    review,
    why,
    cache,
    models,
):
    app.command(command)


app.meta.suppress_keyboard_interrupt = False


@app.meta.default
def launch(
    *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    quiet: Annotated[bool, Parameter(help="Print results and errors only.", negative="")] = False,
) -> None:
    """From a written specification to a model that measurably follows it."""
    console.quiet = quiet
    app(tokens)
