"""`specloop run CONFIG.toml`: every stage, from the document to the page."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from specloop.cli.common import (
    Command,
    JsonOption,
    SetOption,
    SpendingOptions,
    by,
    planned_run,
    work,
)
from specloop.cli.tables import print_evaluations, print_headline
from specloop.config import ConfigDraft
from specloop.pipeline import Run, chosen_stages, run_all
from specloop.pipeline.estimate import estimate
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
    task = Command(
        partial(run_all, chosen=chosen),
        partial(preflight, stages=chosen.stages),
        print_evaluations if json else _show,
        bill=partial(estimate, stages=chosen.stages),
    )
    work(opened, task, spending, json=json)


def _show(run: Run) -> None:
    print_headline(run)
    page = run.folder / "report.html"
    show(f"report: {page}" if page.exists() else f"run folder: {run.folder.path}")
