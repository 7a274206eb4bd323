"""Train a model on preference pairs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError
from typing_extensions import Unpack

from specloop.aio.calls import AnyModel, CallOptions, no_other, of_calls, opened
from specloop.aio.given import AnyMessages, AnyRules, as_messages, as_rules, several
from specloop.aio.pairing import Pairs
from specloop.config import RoleName
from specloop.errors import InputError, need_kind
from specloop.jsontext import first_fault
from specloop.judging.guides import guides_of
from specloop.judging.likeness import JudgeId
from specloop.llm.base import Model
from specloop.pipeline.judge_models import StageJudge
from specloop.pipeline.training import in_daemon, kept_text
from specloop.pipeline.validation import ValidationPlan
from specloop.records import Case, Message, PreferencePair, TrainingRun, content_id, said
from specloop.trainers import Trainer, trainers
from specloop.training import TrainJob, check_target, train_pairs


class TrainOptions(CallOptions, total=False):
    """What to train and how to validate it; the result of `specloop.pairs` already has all of
    it."""

    target: str
    """The model: `embedded:NAME`, `embedded:FILE.gguf` or `hf:FOLDER`."""
    rules: AnyRules
    """The rules for validation: those that code can decide, and for a judge the others."""
    validation: Sequence[AnyMessages]
    """Requests or conversations that the model in training answers for validation."""
    judge_model: AnyModel
    """The model that the trainer's `validation_judge` asks."""


@dataclass(frozen=True)
class TrainedModel:
    """A trained model and how it was chosen."""

    record: TrainingRun
    folder: Path

    @property
    def model(self) -> str:
        """Its name for `specloop.answer`, in the runtime that its base ran in."""
        return self.record.model_in(self.folder)

    @property
    def checkpoint(self) -> Path:
        """The merged model as transformers loads it."""
        return self.folder / self.record.model_path

    def __str__(self) -> str:
        one = self.record
        return (
            f"{self.model}: {one.trainer} on {one.n_pairs} pairs, {kept_text(one)},"
            f" {one.wall_s:.0f} s"
        )


async def train(
    pairs: Pairs | Iterable[PreferencePair | Mapping[str, Any]],
    out: str | Path,
    *,
    trainer: str | Mapping[str, Any] = "dpo",
    **options: Unpack[TrainOptions],
) -> TrainedModel:
    """Train on pairs, keep the checkpoint that validates best, and write it to
    `out/models/TRAINER`.

    Pairs may be rows of a dataset: prompt, chosen and rejected, as texts or as turns; they need the
    model's name as `target`, and `rules` and `validation` to be validated by. `trainer` is a name,
    or a table with its settings. The same call again returns what is there, or goes on where it was
    stopped. InputError for what cannot be trained, RunStoppedError when the loss is lost.
    """
    no_other(options, TrainOptions.__annotations__)
    made = pairs if isinstance(pairs, Pairs) else None
    target = options.get("target") or (made.target if made else "")
    if not target:
        raise InputError("train: name the model as target, such as 'embedded:smollm2-135m'")
    need_kind(target, str, "train: target is a model's name")
    need_kind(out, str | Path, "train: out is a folder")
    check_target(target)
    chosen = trainers.build(trainer)
    plan = _validation(made, options, chosen)
    job = TrainJob(
        out=Path(out),
        base=target,
        pairs=tuple(made or map(_pair, pairs)),
        trainer=chosen,
        name=trainers.name_of(chosen),
        validate=None,
        held_out=tuple(probe.messages for probe in plan.probes),
    )
    judge_model = options.get("judge_model")
    models: dict[RoleName, AnyModel | None] = (
        dict.fromkeys(plan.judge.roles, judge_model) if plan.judge else {}
    )
    if not models:
        job = replace(job, validate=plan.score({}))
        return TrainedModel(await in_daemon(lambda: train_pairs(job)), job.out)
    async with opened(models, of_calls(options)) as by_role:
        asked: dict[RoleName, Model] = {r: one.model for r, one in by_role.models.by_role.items()}
        plan = plan._replace(concurrency=by_role.models.concurrency)
        answers = plan.answers(asked)
        known = JudgeId.of(answers.judge.grader.blank(""))._asdict() if answers else {}
        job = replace(job, validate=plan.score(asked), validated_by=known)
        return TrainedModel(await in_daemon(lambda: train_pairs(job)), job.out)


def _validation(made: Pairs | None, options: TrainOptions, trainer: Trainer) -> ValidationPlan:
    """The requests, and the rules by which answers are judged; InputError if there are none."""
    probes = list(made.validation) if made else []
    if "validation" in options:
        asked = several(options["validation"], str, "validation: a list of requests")
        probes = [_probe(as_messages(messages)) for messages in asked]
    rules = as_rules(options.get("rules", made.rules if made else ()))
    plan = ValidationPlan(probes, [rule for rule in rules if rule.check is not None])
    undecided = [rule for rule in rules if rule.check is None]
    judge = StageJudge.another(trainer.validation_judge) if trainer.validation_judge else None
    if judge and judge.judge.asks and undecided:
        if not options.get("judge_model"):
            raise InputError("train: the validation_judge asks a model; name it as judge_model")
        by_probe = {probe.id: undecided for probe in probes}
        plan = plan._replace(judge=judge, judged=by_probe, guides=guides_of((), rules))
    if not probes or not (plan.checked or plan.judge):
        missing = "rules that code can decide" if probes else "validation: requests to be answered"
        raise InputError(f"train: nothing to validate by; give {missing}")
    return plan


def _probe(messages: tuple[Message, ...]) -> Case:
    return Case(messages=messages, side="permitted", split="validation")


def _pair(given: object) -> PreferencePair:
    """A row of a dataset as a pair; InputError if it is not one."""
    if isinstance(given, PreferencePair):
        return given
    row = cast(dict[str, Any], given) if isinstance(given, dict) else {}
    if not row.keys() >= {"prompt", "chosen", "rejected"}:
        raise InputError("pairs: each is a specloop pair, or has prompt, chosen and rejected")
    sides = {
        side: said(row[side]) if isinstance(row[side], str) else row[side]
        for side in ("chosen", "rejected")
    }
    content = {
        "prompt": as_messages(row["prompt"]),
        "chosen_id": content_id(str(row["chosen"])),
        "rejected_id": content_id(str(row["rejected"])),
        "probe": content_id(str(row["prompt"])),
        "instance": "given",
        "violated": ("given",),
        "pairing": "given",
        "side": "violation",
        "split": "train",
    }
    try:
        return PreferencePair.model_validate(sides | content)
    except ValidationError as error:
        raise InputError(f"pairs: {first_fault(error)}") from None
