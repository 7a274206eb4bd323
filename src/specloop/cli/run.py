"""`specloop run CONFIG.toml`: every stage, from the document to the page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from specloop.cli.bill import print_bill
from specloop.cli.common import (
    Command,
    JsonOption,
    SetOption,
    SpendingOptions,
    by,
    only_bill,
    planned_run,
    work,
)
from specloop.cli.tables import print_evaluations, print_headline
from specloop.config import ConfigDraft
from specloop.pipeline import Run, chosen_stages, run_all
from specloop.pipeline.preflight import preflight
from specloop.terminal import show


def run(  # noqa: PLR0913 - one parameter an option
    config: Path,
    *,
    out: Annotated[
        Path | None, Parameter(help="Run folder, instead of the configured one.")
    ] = None,
    from_: Annotated[
        str, Parameter(name="--from", help="First stage; earlier ones are taken as they are.")
    ] = "",
    until: Annotated[str, Parameter(help="Last stage.")] = "",
    json: JsonOption = False,
    set_: SetOption = None,
    spending: SpendingOptions = None,
) -> None:
    """Run all stages; run it again to go on after a stop or to redo only what changed.

    Stages: rules, instances, probes, synth, pairs, train, evaluate, report.
    """
    configured = ConfigDraft.of_file(config).set(set_ or (), by("--set", "run")).built()
    opened = planned_run(out or Path(configured.config.out), configured)
    chosen = chosen_stages(configured.config, from_, until)

    def check(run: Run) -> None:
        preflight(run, chosen.stages)

    if only_bill(spending):
        print_bill(opened, chosen.stages, check, json=json)
        return
    end = print_evaluations if json else _show
    work(opened, Command(lambda run: run_all(run, chosen), check, end), spending)


def _show(run: Run) -> None:
    print_headline(run)
    page = run.folder / "report.html"
    show(f"report: {page}" if page.exists() else f"run folder: {run.folder.path}")


def register(app: App) -> None:
    """Add the command."""
    app.command(run)
