"""The stages in their order; each does nothing where it has been done on the same inputs."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from specloop.errors import InputError
from specloop.pipeline.evaluating import stage_evaluate
from specloop.pipeline.reading import stage_instances, stage_rules
from specloop.pipeline.run import Run
from specloop.pipeline.synthesis import stage_pairs, stage_probes, stage_synth
from specloop.pipeline.training import stage_train
from specloop.report import write_report
from specloop.terminal import console


async def stage_trainings(run: Run) -> None:
    """The SFT baseline where it is asked for, then the configured trainer."""
    if "sft" in run.config.evaluate.baselines and run.config.train.trainer != "sft":
        await stage_train(run, "sft")
    await stage_train(run)


async def stage_report(run: Run) -> None:
    """The page."""
    write_report(run.folder)


STAGES: dict[str, Callable[[Run], Awaitable[None]]] = {
    "rules": stage_rules,
    "instances": stage_instances,
    "probes": stage_probes,
    "synth": stage_synth,
    "pairs": stage_pairs,
    "train": stage_trainings,
    "evaluate": stage_evaluate,
    "report": stage_report,
}


async def run_stage(run: Run, name: str) -> None:
    """Run one stage and say how long it took."""
    if name not in STAGES:
        raise InputError(f"no stage named {name!r}; stages are {', '.join(STAGES)}")
    start = time.monotonic()
    console.print(f"[bold]{name}[/]", markup=True)
    await STAGES[name](run)
    console.print(f"  {time.monotonic() - start:.1f} s")


_MAKING_PAIRS = ("rules", "instances", "probes", "synth", "pairs")
"""Stages that ask the same models, before training wants the memory."""


async def run_all(run: Run) -> None:
    """All stages in order."""
    async with run.desk.keeping():
        for name in _MAKING_PAIRS:
            await run_stage(run, name)
    for name in STAGES:
        if name not in _MAKING_PAIRS:
            await run_stage(run, name)
