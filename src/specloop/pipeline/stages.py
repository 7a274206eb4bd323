"""The stages in their order; each does nothing if it has been done on the same inputs."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from specloop.config import Config
from specloop.errors import InputError, did_you_mean
from specloop.pipeline.evaluating import stage_evaluate
from specloop.pipeline.reading import record_edits, stage_instances, stage_rules
from specloop.pipeline.run import Run
from specloop.pipeline.synthesis import stage_pairs, stage_probes, stage_synth
from specloop.pipeline.training import stage_train, trainings
from specloop.report import write_report
from specloop.terminal import console
from specloop.training import is_trainable


async def stage_trainings(run: Run) -> None:
    """The baselines that are trained, then the configured trainer."""
    for name in trainings(run.config):
        await stage_train(run, name)


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


class ChosenStages(NamedTuple):
    """Stages that a run goes through, and those that it would but for its target."""

    stages: tuple[str, ...]
    skipped: tuple[str, ...] = ()


def chosen_stages(config: Config, start: str = "", until: str = "") -> ChosenStages:
    """The stages from one to another, by default all; InputError for an unknown name.

    A target whose weights are not here is not trained. Pairs are made from it only if that is
    asked for by naming one of their stages.
    """
    names = list(STAGES)
    first = names.index(_stage("--from", start)) if start else 0
    last = names.index(_stage("--until", until)) if until else len(names) - 1
    if first > last:
        raise InputError(f"--from {start} --until {until}: {until} comes before {start}")
    chosen = names[first : last + 1]
    if is_trainable(config.roles.target.model) or "train" in (start, until):
        return ChosenStages(tuple(chosen))
    left_out = _OF_TRAINING if not {start, until} & set(_OF_TRAINING) else ("train",)
    return ChosenStages(
        tuple(name for name in chosen if name not in left_out),
        tuple(name for name in chosen if name in left_out),
    )


_OF_TRAINING = ("synth", "pairs", "train")
"""Stages that only training needs."""


def _stage(option: str, name: str) -> str:
    # The command of the stage `evaluate` is `eval`.
    name = "evaluate" if name == "eval" else name
    if name not in STAGES:
        hint = did_you_mean(name, STAGES)
        raise InputError(f"{option} {name}: no such stage.{hint} Stages: {', '.join(STAGES)}")
    return name


async def run_stage(run: Run, name: str) -> None:
    """Run one stage and say how long it took."""
    start = time.monotonic()
    console.print(name, style="bold")
    record_edits(run)
    await STAGES[name](run)
    console.print(f"  {time.monotonic() - start:.1f} s")


_MAKING_PAIRS = ("rules", "instances", "probes", "synth", "pairs")
"""Stages that ask the same models, before training wants the memory."""


async def run_all(run: Run, chosen: ChosenStages) -> None:
    """The chosen stages in order."""
    if chosen.skipped:
        target = run.config.roles.target.model
        console.print(
            f"{target}: its weights are not here, so it is measured as it is and not trained; "
            f"skipped: {', '.join(chosen.skipped)} (--until pairs makes pairs all the same)",
            style="yellow",
            markup=False,
        )
    async with run.pool.keeping():
        for name in _MAKING_PAIRS:
            if name in chosen.stages:
                await run_stage(run, name)
    for name in chosen.stages:
        if name not in _MAKING_PAIRS:
            await run_stage(run, name)
