"""Stage `train`: train a model on the pairs, validated by its generated answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

from specloop.checking import AnswerText, applies, decide
from specloop.config import PROMPT_ONLY, Config
from specloop.ended import UNENDED
from specloop.pipeline.run import Run, StageLog
from specloop.pipeline.synthesis import training_rules
from specloop.records import (
    Case,
    Decision,
    GoldLabel,
    PreferencePair,
    Rule,
    Section,
    TrainingRun,
    VerdictValue,
)
from specloop.review.decided import as_decided
from specloop.review.pairs import contradicted, pair_sides
from specloop.runrules import current_rules
from specloop.store import GOLD, RunFolder
from specloop.terminal import console
from specloop.trainers import Trainer, trainers
from specloop.training import Generate, TrainJob, train_pairs, training_id

T = TypeVar("T")


async def stage_train(run: Run, name: str | None = None) -> None:
    """Train by the configured trainer, or by another on the same pairs."""
    folder, trainer = run.folder, trainer_of(run.config, name)
    pairs = pairs_to_train_on(folder)
    probes = [case for case in folder.read(Case) if case.is_probe]
    validation = [probe for probe in probes if probe.split == "validation"]
    rules = [rule for rule in training_rules(run) if rule.check is not None]

    def validate(generate: Generate) -> float:
        return validation_score(validation, rules, generate)

    job = TrainJob(
        out=folder.path,
        base=run.config.roles.target.model,
        pairs=tuple(pairs),
        trainer=trainer,
        name=trainers.name_of(trainer),
        validate=validate if rules else None,
        held_out=tuple(probe.messages for probe in probes if probe.split != "train"),
        thinking=run.config.roles.target.options.get("thinking"),
    )
    note = StageLog(run, f"train-{job.name}", [training_id(job)])
    earlier = {record.id: record for record in folder.read(TrainingRun)}
    if note.done and training_id(job) in earlier:
        return
    note.begin()
    record = await in_daemon(lambda: train_pairs(job))
    others = [r for r in earlier.values() if r.trainer != record.trainer]
    folder.replace(TrainingRun, [*others, record])
    console.print(
        f"  {record.trainer}: {kept_text(record)}; {record.wall_s:.0f} s,"
        f" {record.peak_rss_mb:.0f} MB"
    )
    note.finish(best_score=record.best_score, best_step=record.best_step)


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


def validation_score(probes: list[Case], rules: list[Rule], generate: Generate) -> float:
    """The mean over the decidable rules of the share of answers that keep the rule where it
    applies.

    All rules have the same weight, so that a conditional one counts as much as any other. A
    conditional rule applied where it must not be counts as broken, and so does one that applies and
    that a blank or cut answer leaves open: a model that says nothing keeps no rule.
    """
    replies = generate([probe.messages for probe in probes])
    verdicts: dict[str, list[bool]] = {}
    for probe, reply in zip(probes, replies, strict=True):
        request = probe.request
        answer = AnswerText.of(reply.text, reply.finish)
        for rule in rules:
            value = _value(rule, request, answer)
            if value != "NA":
                verdicts.setdefault(rule.id, []).append(value == "YES")
    shares = [sum(values) / len(values) for values in verdicts.values()]
    return sum(shares) / len(shares) if shares else 0.0


def _value(rule: Rule, request: str, answer: AnswerText) -> VerdictValue:
    if rule.check is None:
        return "NA"
    value = decide(rule.check, request, answer).value
    # A cut answer is not counted as over-applying a rule that it might still have applied.
    if value == "unscored" and answer.end in UNENDED and not applies(rule.check, request):
        return "NA"
    return value
