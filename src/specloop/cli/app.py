"""The commands, and the options that they all take."""

from __future__ import annotations

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
from specloop.terminal import console, errors, results

app = App(
    name="specloop",
    help="From a written specification to a model that measurably follows it.",
    suppress_keyboard_interrupt=False,  # `ends` reports what was kept
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
