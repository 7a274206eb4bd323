"""Stage `train`: train a model on the pairs, validated by its generated answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import replace
from threading import Thread
from typing import NamedTuple, TypeVar

from specloop.config import PROMPT_ONLY, Config, RoleName
from specloop.errors import InputError
from specloop.evaluation.general import practice
from specloop.llm.base import Model
from specloop.llm.roles import RoleModels
from specloop.pipeline.model_pool import Opened
from specloop.pipeline.run import Run, StageLog
from specloop.pipeline.synthesis import training_rules
from specloop.pipeline.validation import ValidationPlan, validation_plan
from specloop.records import (
    Case,
    Decision,
    GoldLabel,
    PreferencePair,
    ReviewedItem,
    Revision,
    Section,
    SetAside,
    TrainingRun,
)
from specloop.review.decided import as_decided
from specloop.review.pairs import contradicted, pair_sides
from specloop.revision.lineage import (
    CONTINUED,
    NOTHING_CHANGED,
    Changed,
    changed_by,
    document_of,
    former_of,
    models_of,
    since,
)
from specloop.revision.own_words import OwnWords
from specloop.revision.replay import RevisedPairs, continued_pairs
from specloop.runrules import current_rules
from specloop.spec.edits import DocumentRules
from specloop.store import GOLD, RunFolder
from specloop.terminal import console
from specloop.trainers import Trainer, trainers
from specloop.training import Former, TrainJob, train_pairs, training_id

T = TypeVar("T")


async def stage_train(run: Run, name: str | None = None) -> None:
    """Train by the configured trainer, or by another on the same pairs."""
    folder, trainer = run.folder, trainer_of(run.config, name)
    former = former_model(run, trainer)
    plan = validation_plan(run, trainer, former.changed if former else NOTHING_CHANGED)
    job = _job(run, trainer, plan, former)
    note = StageLog(run, f"train-{job.place or job.name}", [training_id(job)])
    earlier = {record.id: record for record in folder.read(TrainingRun)}
    if note.done and training_id(job) in earlier:
        return
    note.begin()
    async with _judge_opened(run, note.name, plan) as opened:
        models: dict[RoleName, Model] = {r: one.model for r, one in opened.models.by_role.items()}
        validating = replace(job, validate=plan.score(models))
        record = await in_daemon(lambda: train_pairs(validating))
    others = [r for r in earlier.values() if not _is_replaced(folder, r, record)]
    folder.replace(TrainingRun, [*others, record])
    label = next(k for k, one in models_of(folder).items() if one.id == record.id)
    console.print(
        f"  {label}: {kept_text(record)}; {record.wall_s:.0f} s, {record.peak_rss_mb:.0f} MB"
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


class FormerModel(NamedTuple):
    """The model that a training goes on from, and what has changed since."""

    record: TrainingRun
    changed: Changed


def former_model(run: Run, trainer: Trainer) -> FormerModel | None:
    """What a training goes on from; None where it begins at the base."""
    folder, name = run.folder, trainers.name_of(trainer)
    revisions, now = folder.read(Revision), document_of(folder)
    record = former_of(name, folder.read(TrainingRun), revisions, now)
    if record is None or not trainer.continued:
        return None
    return FormerModel(record, changed_by(since(record.document, revisions, now)))


def _job(run: Run, trainer: Trainer, plan: ValidationPlan, former: FormerModel | None) -> TrainJob:
    """The training, still without its validation."""
    folder, name = run.folder, trainers.name_of(trainer)
    probes = [case for case in folder.read(Case) if case.is_probe]
    pairs, begin = _pairs(run, trainer, former)
    return TrainJob(
        out=folder.path,
        base=run.config.roles.target.model,
        pairs=tuple(pairs),
        trainer=trainer,
        name=name,
        validate=None,
        held_out=tuple(probe.messages for probe in probes if probe.split != "train"),
        thinking=run.config.roles.target.options.get("thinking"),
        validated_by=plan.judge_id(run),
        document=document_of(folder),
        former=begin,
        place=_place(folder, name, is_continued=begin is not None),
    )


def _pairs(
    run: Run, trainer: Trainer, former: FormerModel | None
) -> tuple[Sequence[PreferencePair], Former | None]:
    """What to train on, and the former model where training goes on from one."""
    folder = run.folder
    gone = changed_by(folder.read(Revision)).gone
    was = [one.content for one in folder.read(SetAside) if one.file == PreferencePair.FILE]
    aside = [PreferencePair.model_validate(content) for content in was]
    pairs = pairs_to_train_on(folder)
    revised = RevisedPairs.of(pairs, aside, gone, training_rules(run))
    if former is None:
        return revised.pairs, None
    record, changed = former
    chosen, n_replayed = continued_pairs(revised, changed, trainer.replay_share)
    n_about = len(chosen) - n_replayed - len(revised.unlearning)
    console.print(
        f"  {n_about} pairs about what has changed, {n_replayed} of {len(revised.pairs) - n_about}"
        f" others, {len(revised.unlearning)} to unlearn rules that are gone"
    )
    if not chosen:
        raise InputError("train: no pair is about what has changed, and there is none to replay")
    checkpoint = folder / record.model_path
    about = tuple(sorted(changed.rules))
    own = _own_words(run, chosen, changed) if trainer.own_words else None
    return chosen, Former(record.id, checkpoint, about, n_replayed, own)


def _own_words(run: Run, pairs: Sequence[PreferencePair], changed: Changed) -> OwnWords | None:
    general = [one.question for one in practice().train]
    own = OwnWords.of(pairs, training_rules(run), changed, general)
    if own is None:
        console.print("  pairs as they are: code does not decide all rules that have changed")
    return own


def _place(folder: RunFolder, name: str, *, is_continued: bool) -> str:
    """The folder of the model: one of its own where a model of an older version has the usual."""
    now = document_of(folder)
    revisions = folder.read(Revision)
    older = [one for one in folder.read(TrainingRun) if since(one.document, revisions, now)]
    if not older:
        return name
    return f"{name}-{CONTINUED}-{now[:8]}" if is_continued else f"{name}-{now[:8]}"


def _is_replaced(folder: RunFolder, earlier: TrainingRun, new: TrainingRun) -> bool:
    """Whether an earlier training is of the same kind: of the same document, or of one that no
    update leads on from."""
    if earlier.trainer != new.trainer:
        return False
    is_older = bool(since(earlier.document, folder.read(Revision), new.document))
    return not is_older and bool(earlier.parent) == bool(new.parent)


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
    given = DocumentRules(current_rules(folder), folder.read(Section))
    left = as_decided(pairs, given, decisions, folder.part(GOLD).read(ReviewedItem))
    if left.n_edited:
        console.print(f"  {left.n_edited} pairs are trained on as people edited them")
    if left.dropped:
        console.print(f"  {len(left.dropped)} pairs are dropped by people ({left.dropped[0]})")
    if left.n_open:
        console.print(
            f"  {left.n_open} pairs are left out until people agree: `specloop review"
            f" {folder.path} --answers pairs --settle --by NAME`"
        )
    if left.n_again:
        console.print(
            f"  {left.n_again} pairs that people dropped or edited are left out, since a rule has"
            f" changed since: look again with `specloop review {folder.path} --answers pairs`"
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
