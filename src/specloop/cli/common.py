"""What every command does: find the run and its configuration, hold the folder, run a coroutine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from specloop.config import Config, build, load_config, override
from specloop.pipeline import Run
from specloop.store import RunFolder

ConfigOption = Annotated[Path | None, Parameter(name="--config", help="TOML to use from now on.")]
SetOption = Annotated[
    list[str] | None,
    Parameter(name="--set", help="table.key=value: override one value.", negative=""),
]


def open_run(path: Path, config: Path | None, sets: Sequence[str] | None) -> Run:
    """The run in an existing folder, with a new configuration or changed values where given."""
    if config is not None:
        return Run.start(RunFolder(path), load_config(config, sets or ()))
    run = Run.resume(path)
    if not sets:
        return run
    raw = run.config.model_dump(mode="json")
    return Run.start(run.folder, build(Config, override(raw, sets), "--set"))


def work(run: Run, stage: Callable[[Run], Awaitable[object]]) -> None:
    """Run one coroutine over the run while holding its folder."""
    with run.folder.locked():
        asyncio.run(_await(stage(run)))


async def _await(awaitable: Awaitable[object]) -> None:
    await awaitable
