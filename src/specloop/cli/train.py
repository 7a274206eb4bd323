"""`specloop train RUN --trainer dpo`."""

from __future__ import annotations

from pathlib import Path

from cyclopts import App

from specloop.cli.common import ConfigOption, SetOption, open_run, work
from specloop.pipeline.training import stage_train
from specloop.progress import console
from specloop.records import TrainingRun


def train(
    run: Path,
    *,
    trainer: str | None = None,
    config: ConfigOption = None,
    set_: SetOption = None,
) -> None:
    """Train the target on the run's pairs: `dpo` (jointly with SFT) or `sft` (on chosen alone)."""
    opened = open_run(run, config, set_)
    work(opened, lambda r: stage_train(r, trainer))
    for record in opened.folder.read(TrainingRun):
        console.print(f"{record.trainer}: hf:{run / record.model_path}")
        if record.gguf_path:
            console.print(f"{record.trainer}: embedded:{run / record.gguf_path}")


def register(app: App) -> None:
    """Add the command."""
    app.command(train)
