"""`specloop run CONFIG.toml`: every stage, from the document to the page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from specloop.cli.bill import print_bill
from specloop.cli.common import JsonOption, SetOption, SpendingOptions, only_bill, work
from specloop.cli.tables import print_evaluations, print_headline
from specloop.config import load_config
from specloop.pipeline import STAGES, Run, run_all
from specloop.store import RunFolder
from specloop.terminal import show


def run(
    config: Path,
    *,
    out: Annotated[
        Path | None, Parameter(help="Run folder, instead of the configured one.")
    ] = None,
    json: JsonOption = False,
    set_: SetOption = None,
    spending: SpendingOptions = None,
) -> None:
    """Run all stages; run it again to go on after a stop or to redo only what changed."""
    loaded = load_config(config, set_ or ())
    path = out or Path(loaded.out)
    if only_bill(spending):
        print_bill(loaded, path, tuple(STAGES))
        return
    folder = RunFolder(path, create=True)
    work(Run.start(folder, loaded), run_all, spending, print_evaluations if json else _show)


def _show(run: Run) -> None:
    print_headline(run)
    show(f"report: {run.folder / 'report.html'}")


def register(app: App) -> None:
    """Add the command."""
    app.command(run)
