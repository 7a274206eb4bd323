"""`specloop train RUN --trainer dpo`."""

from __future__ import annotations

from pathlib import Path

from cyclopts import App

from specloop.cli.common import ConfigOption, SetOption, open_run, work
from specloop.pipeline.training import stage_train
from specloop.records import TrainingRun
from specloop.terminal import show


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
        show(f"{record.trainer}: hf:{run / record.model_path}")
        if record.gguf_path:
            show(f"{record.trainer}: embedded:{run / record.gguf_path}")


def register(app: App) -> None:
    """Add the command."""
    app.command(train)
