"""`specloop instances|probes|synth|pairs RUN`: one stage alone."""

from __future__ import annotations

from pathlib import Path

from cyclopts import App

from specloop.cli.bill import print_bill
from specloop.cli.common import (
    ConfigOption,
    SetOption,
    SpendingOptions,
    configured,
    only_bill,
    open_run,
    work,
)
from specloop.pipeline import run_stage

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
    def command(
        run: Path,
        *,
        config: ConfigOption = None,
        set_: SetOption = None,
        spending: SpendingOptions = None,
    ) -> None:
        if only_bill(spending):
            print_bill(configured(run, config, set_), run, [name])
            return
        work(open_run(run, config, set_), lambda r: run_stage(r, name), spending)

    return command
