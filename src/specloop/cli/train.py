"""`specloop train RUN --trainer dpo`: train on the run's pairs."""

from __future__ import annotations

from pathlib import Path

from cyclopts import App

from specloop.cli.common import ChangesOption, Command, open_run, work
from specloop.pipeline import Run
from specloop.pipeline.preflight import preflight
from specloop.pipeline.training import stage_train, trainer_of
from specloop.records import TrainingRun
from specloop.terminal import show


def train(run: Path, *, trainer: str | None = None, changes: ChangesOption = None) -> None:
    """Train the target on the run's pairs, by the configured trainer or another."""

    def check(run: Run) -> None:
        trainer_of(run.config, trainer)
        preflight(run, ["train"])

    command = Command(lambda r: stage_train(r, trainer), check)
    opened = open_run(run, changes, "train")
    work(opened, command)
    for record in opened.folder.read(TrainingRun):
        show(f"{record.trainer}: hf:{run / record.model_path}")
        if record.gguf_path:
            show(f"{record.trainer}: embedded:{run / record.gguf_path}")


def register(app: App) -> None:
    """Add the command."""
    app.command(train)
