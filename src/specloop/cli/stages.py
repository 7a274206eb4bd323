"""`specloop instances|probes|synth|pairs|train|report RUN`: run one stage."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from specloop.cli.common import (
    ChangesOption,
    Command,
    SpendingOptions,
    open_run,
    tell_losses,
    work,
)
from specloop.pipeline import Run, run_stage
from specloop.pipeline.estimate import estimate, estimate_training
from specloop.pipeline.preflight import preflight
from specloop.pipeline.training import stage_train, trainer_of
from specloop.report import write_report
from specloop.revision.lineage import models_of
from specloop.store import RunFolder
from specloop.terminal import show


def train(
    run: Path,
    *,
    trainer: str | None = None,
    changes: ChangesOption = None,
    spending: SpendingOptions = None,
) -> None:
    """Train the target on the run's pairs, by the configured trainer or another."""

    def check(run: Run) -> None:
        trainer_of(run.config, trainer)
        preflight(run, ["train"])

    opened = open_run(run, changes, "train")
    name = trainer or opened.config.train["name"]
    task = Command(
        lambda r: stage_train(r, trainer), check, bill=partial(estimate_training, name=name)
    )
    work(opened, task, spending)
    if spending and spending.dry_run:
        return
    for label, record in models_of(opened.folder).items():
        show(f"{label}: hf:{run / record.model_path}")
        if record.gguf_path:
            show(f"{label}: embedded:{run / record.gguf_path}")


def report(run: Path) -> None:
    """Write report.html: document, figures, pairs, cost and manifest on one page."""
    folder = RunFolder(run)
    tell_losses(folder.path)
    show(f"report: {write_report(folder)}")


def _stage(name: str, description: str) -> Callable[..., None]:
    """The command of a stage that asks models."""

    def command(
        run: Path, *, changes: ChangesOption = None, spending: SpendingOptions = None
    ) -> None:
        task = Command(
            partial(run_stage, name=name),
            partial(preflight, stages=[name]),
            bill=partial(estimate, stages=[name]),
        )
        work(open_run(run, changes, name), task, spending)

    command.__doc__ = description
    return command


_ASKING = {
    "instances": "Sample concrete specifications of 8 to 13 rules, and seed prompts.",
    "probes": "Write the held-out probes: validation and test.",
    "synth": "Let planner, attacker and defender probe the rules, in waves.",
    "pairs": "Make preference pairs out of the violations found.",
}
STAGE_COMMANDS: dict[str, Callable[..., Any]] = {
    **{name: _stage(name, description) for name, description in _ASKING.items()},
    "train": train,
    "report": report,
}
