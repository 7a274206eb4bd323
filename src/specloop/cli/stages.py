"""`specloop instances|probes|synth|pairs RUN`: run one stage."""

from __future__ import annotations

from pathlib import Path

from cyclopts import App

from specloop.cli.bill import print_bill
from specloop.cli.common import (
    ChangesOption,
    Command,
    SpendingOptions,
    only_bill,
    open_run,
    work,
)
from specloop.pipeline import Run, run_stage
from specloop.pipeline.preflight import preflight

_HELP = {
    "instances": "Sample concrete specifications of 8 to 13 rules, and seed prompts.",
    "probes": "Write the held-out probes: validation and test.",
    "synth": "Let planner, attacker and defender probe the rules, in waves.",
    "pairs": "Make preference pairs out of the violations found.",
}


def register(app: App) -> None:
    """Add the commands."""
    for name, text in _HELP.items():
        app.command(_stage(name), name=name, help=text)


def _stage(name: str):
    def check(run: Run) -> None:
        preflight(run, [name])

    def command(
        run: Path, *, changes: ChangesOption = None, spending: SpendingOptions = None
    ) -> None:
        opened = open_run(run, changes, name)
        if only_bill(spending):
            print_bill(opened, [name], check)
            return
        work(opened, Command(lambda r: run_stage(r, name), check), spending)

    return command
