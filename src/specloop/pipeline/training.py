"""Stage `train`: train a model on the pairs, validated by its generated answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import replace
from threading import Thread
from typing import TypeVar

from specloop.config import PROMPT_ONLY, Config, RoleName
from specloop.llm.base import Model
from specloop.llm.roles import RoleModels
from specloop.pipeline.model_pool import Opened
from specloop.pipeline.run import Run, StageLog
from specloop.pipeline.validation import ValidationPlan, validation_plan
from specloop.records import (
    Case,
    Decision,
    GoldLabel,
    PreferencePair,
    Section,
    TrainingRun,
)
from specloop.review.decided import as_decided
from specloop.review.pairs import contradicted, pair_sides
from specloop.runrules import current_rules
from specloop.store import GOLD, RunFolder
from specloop.terminal import console
from specloop.trainers import Trainer, trainers
from specloop.training import TrainJob, train_pairs, training_id

T = TypeVar("T")


async def stage_train(run: Run, name: str | None = None) -> None:
    """Train by the configured trainer, or by another on the same pairs."""
    folder, trainer = run.folder, trainer_of(run.config, name)
    plan = validation_plan(run, trainer)
    job = _job(run, trainer, plan)
    note = StageLog(run, f"train-{job.name}", [training_id(job)])
    earlier = {record.id: record for record in folder.read(TrainingRun)}
    if note.done and training_id(job) in earlier:
        return
    note.begin()
    async with _judge_opened(run, note.name, plan) as opened:
        models: dict[RoleName, Model] = {r: one.model for r, one in opened.models.by_role.items()}
        validating = replace(job, validate=plan.score(models))
        record = await in_daemon(lambda: train_pairs(validating))
    others = [r for r in earlier.values() if r.trainer != record.trainer]
    folder.replace(TrainingRun, [*others, record])
    console.print(
        f"  {record.trainer}: {kept_text(record)}; {record.wall_s:.0f} s,"
        f" {record.peak_rss_mb:.0f} MB"
    )
    note.finish(opened.meters, best_score=record.best_score, best_step=record.best_step)


@asynccontextmanager
async def _judge_opened(run: Run, stage: str, plan: ValidationPlan) -> AsyncGenerator[Opened]:
    """The models of the judge that validates; without one nothing is opened."""
    if plan.judge is None:
        yield Opened(RoleModels({}), {})
        return
    async with run.models(stage, *plan.judge.roles) as opened:
        yield opened


def _job(run: Run, trainer: Trainer, plan: ValidationPlan) -> TrainJob:
    """The training, still without its validation."""
    probes = [case for case in run.folder.read(Case) if case.is_probe]
    return TrainJob(
        out=run.folder.path,
        base=run.config.roles.target.model,
        pairs=tuple(pairs_to_train_on(run.folder)),
        trainer=trainer,
        name=trainers.name_of(trainer),
        validate=None,
        held_out=tuple(probe.messages for probe in probes if probe.split != "train"),
        thinking=run.config.roles.target.options.get("thinking"),
        validated_by=plan.judge_id(run),
    )


def kept_text(record: TrainingRun) -> str:
    """Which checkpoint is kept, in words."""
    if record.best_score is None:
        return f"the last step, {record.best_step}, since no trained rule is decided by code"
    return f"best validation score {record.best_score:.3f} at step {record.best_step}"


def pairs_to_train_on(folder: RunFolder) -> list[PreferencePair]:
    """The pairs of the training split, without those of which a person's label says otherwise."""
    pairs = [pair for pair in folder.need(PreferencePair, "pairs") if pair.split == "train"]
    pairs = _decided(folder, pairs)
    labels = folder.part(GOLD).read(GoldLabel)
    if not labels:
        return pairs
    refused = contradicted(pair_sides(folder, current_rules(folder), pairs), labels)
    if refused:
        n, why = len(refused), next(iter(refused.values()))[0]
        console.print(f"  {n} pairs are left out: people's labels say otherwise ({why})")
    return [pair for pair in pairs if pair.id not in refused]


def _decided(folder: RunFolder, pairs: list[PreferencePair]) -> list[PreferencePair]:
    """The pairs as people's decisions leave them, which it tells."""
    decisions = folder.part(GOLD).read(Decision)
    if not decisions:
        return pairs
    rules = {rule.id: rule for rule in current_rules(folder)}
    sections = {section.id: section for section in folder.read(Section)}
    left = as_decided(pairs, rules, sections, decisions)
    if left.n_edited:
        console.print(f"  {left.n_edited} pairs are trained on as people edited them")
    if left.dropped:
        console.print(f"  {len(left.dropped)} pairs are dropped by people ({left.dropped[0]})")
    if left.n_open:
        console.print(
            f"  {left.n_open} pairs are left out until people agree: `specloop review"
            f" {folder.path} --answers pairs --settle --by NAME`"
        )
    return list(left.pairs)


def trainer_of(config: Config, name: str | None = None) -> Trainer:
    """The configured trainer, or another with the settings that both have."""
    settings = {**config.train, "name": name or config.train["name"]}
    options = {"name", *trainers.get(settings["name"]).model_fields}
    return trainers.build({key: value for key, value in settings.items() if key in options})


def trainings(config: Config) -> list[str]:
    """The trainers of the whole loop: those among the baselines, then the configured one."""
    configured = config.train["name"]
    baselines = [name for name in config.evaluate.baselines if name != PROMPT_ONLY]
    return [*(name for name in baselines if name != configured), configured]


async def in_daemon(work: Callable[[], T]) -> T:
    """Run in a daemon thread, so that a stopped run does not wait for its end."""
    result: Future[T] = Future()
    result.set_running_or_notify_cancel()

    def run() -> None:
        try:
            result.set_result(work())
        except BaseException as error:
            result.set_exception(error)

    Thread(target=run, name="training", daemon=True).start()
    return await asyncio.wrap_future(result)
