"""Run one training from beginning to end, or continue a killed one.

    base checkpoint -> pairs checked -> TRL trainer with validations -> best checkpoint ->
    merged -> GGUF

Everything a resumed run needs is in the last complete checkpoint: weights, optimizer, schedule, and
in the log history the validations, which give best step and patience. Checkpoints are in a folder
named by the job's id, so that changed settings or pairs never use old checkpoints.
"""

# pyright: basic
from __future__ import annotations

import json
import os
import resource
import shutil
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from pydantic import ValidationError
from transformers import PreTrainedModel, PreTrainedTokenizerBase, PrinterCallback, set_seed

from specloop.batches import cannot_write
from specloop.errors import InputError, RunStoppedError
from specloop.files import is_there, read_file
from specloop.llm.backends.hf.checkpoint import chosen_dtype
from specloop.llm.backends.hf.tokens import Tokens
from specloop.records import TrainingRun
from specloop.store import write_text
from specloop.terminal import console
from specloop.training import Former, TrainJob, check_base, training_id
from specloop.training.base_model import checkpoint_of, load_tokenizer
from specloop.training.callbacks import ProgressCallback, Validation
from specloop.training.checkpoint import Checkpoint, last_checkpoint
from specloop.training.doctor import check_trainable, diagnose
from specloop.training.generate import Generator
from specloop.training.gguf import export_gguf
from specloop.training.merge import blend, merge
from specloop.training.rows import PairTokens, row_of
from specloop.training.save import disk_error, save_adapter, save_checkpoint
from specloop.training.setup import Setup, first_tokens, load_pairs, load_policy
from specloop.training.steady import quiet

_RECORD = "training.json"
_OWN_WORDS = "own_words.jsonl"
"""Request, chosen and rejected answer of what was made of the former model's answers."""
_N_TEXTS = 128
"""At most so many texts of the former model's own are learned as they are: they hold its language
where it was, which answers to a few hundred requests do not."""


class _Parts(NamedTuple):
    """What is known before the policy is loaded."""

    source: Path
    """What the base model is read from: a checkpoint's folder, or a GGUF."""
    base: Path
    """The checkpoint that transformers loads: that of the base model or of the former one."""
    tokenizer: PreTrainedTokenizerBase
    rows: Sequence[PairTokens]
    generator: Generator
    work: Path
    """The folder of the checkpoints."""


def run(job: TrainJob) -> TrainingRun:
    """Train, or finish a killed training; a finished one is not repeated.

    RunStoppedError if the disk is full.
    """
    try:
        return _run(job)
    except Exception as error:
        if of_disk := disk_error(error):
            raise cannot_write(job.folder, of_disk) from None
        raise


def _run(job: TrainJob) -> TrainingRun:
    begin = time.monotonic()
    if done := _finished(job):
        return done
    _check_devices()
    with quiet():
        parts = _prepared(job)
        checkpoint = last_checkpoint(parts.work)
        earlier_s = checkpoint.validation.wall_s if checkpoint else 0.0
        if checkpoint is None or not checkpoint.finished(job.trainer.patience):
            checkpoint = _fit(job, parts, checkpoint, begin)
        exported = _export(job, parts, checkpoint.best)
    record = TrainingRun(
        **job.identity,
        **job.lineage,
        title=job.trainer.title,
        preferences=job.trainer.preferences,
        n_pairs=len(job.pairs),
        pairs=tuple(pair.id for pair in job.pairs),
        best_step=checkpoint.validation.best_step,
        best_score=checkpoint.validation.best_score if job.validate else None,
        stopped_early=checkpoint.step < checkpoint.max_steps,
        wall_s=round(earlier_s + time.monotonic() - begin, 2),
        peak_rss_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        **exported,
    )
    assert record.id == training_id(job)
    write_text(job.folder / _RECORD, record.model_dump_json())
    shutil.rmtree(parts.work.parent)
    return record


def _finished(job: TrainJob) -> TrainingRun | None:
    """The record beside the model, if this training made it.

    It is written before the checkpoints are deleted, so a kill before the caller has stored its own
    copy loses nothing.
    """
    path = job.folder / _RECORD
    if not is_there(path):
        return None
    try:
        record = TrainingRun.model_validate_json(read_file(path))
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise InputError(f"{path}: {reason}; restore it, or move it away to train anew") from None
    is_written = (job.out / record.model_path / "config.json").exists()
    return record if record.id == training_id(job) and is_written else None


def _check_devices() -> None:
    if torch.cuda.device_count() > 1 and "WORLD_SIZE" not in os.environ:
        raise InputError(
            f"training: {torch.cuda.device_count()} GPUs are visible and one process uses one: "
            "set CUDA_VISIBLE_DEVICES=0"
        )


def _prepared(job: TrainJob) -> _Parts:
    """The base and the pairs, with warnings about them; InputError if they cannot be used."""
    trainer = job.trainer
    source = check_base(job.base)
    base = _former(job.former) if job.former else checkpoint_of(source)
    tokenizer = load_tokenizer(base)
    tokens = Tokens(tokenizer, job.thinking)
    cut = first_tokens(tokenizer, trainer.rejected_tokens)
    rows = [row_of(pair, tokens, cut) for pair in job.pairs]
    check_trainable(job.pairs, rows, trainer.max_length)
    warnings = diagnose(
        job.pairs, rows, trainer.max_length, job.held_out, preferences=trainer.preferences
    )
    for warning in warnings:
        console.print(f"  pairs: {warning}")
    dtype = chosen_dtype(trainer.dtype)
    generator = Generator(tokenizer, tokens, trainer.max_new_tokens, dtype)
    return _Parts(source, base, tokenizer, rows, generator, _work_folder(job))


def _former(former: Former) -> Path:
    """The checkpoint of the former model; InputError where it is gone."""
    if is_there(former.checkpoint / "config.json"):
        return former.checkpoint
    raise InputError(
        f"{former.checkpoint}: the former model is not there any more; restore it, or begin at the"
        " base with --set train.continued=false"
    )


def _work_folder(job: TrainJob) -> Path:
    """The folder of this job's checkpoints; those of other settings or pairs are deleted."""
    work = job.folder / "work" / training_id(job)
    work.mkdir(parents=True, exist_ok=True)
    for other in work.parent.iterdir():
        if other != work:
            shutil.rmtree(other)
    return work


def _fit(job: TrainJob, parts: _Parts, checkpoint: Checkpoint | None, begin: float) -> Checkpoint:
    settings, generator = job.trainer, parts.generator
    set_seed(settings.seed)
    policy = load_policy(parts.base, settings, generator.dtype)
    pairs = load_pairs(partial(_rows, job, parts, policy), parts.work / "pairs")
    # What is made of the former model's answers has drawn, or has not where it was there already.
    set_seed(settings.seed)
    setup = Setup(
        policy=policy,
        tokenizer=parts.tokenizer,
        pairs=pairs,
        settings=settings,
        dtype=generator.dtype,
        work=parts.work,
    )

    trainer = settings.make(setup)

    def score(model: Any) -> float:
        if job.validate is None:
            # The later, the better, so that the last checkpoint is kept.
            return trainer.state.global_step / trainer.state.max_steps
        return job.validate(partial(generator, model))

    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(Validation(score, settings, job.folder / "metrics.jsonl", begin))
    with ExitStack() as stack:
        shown = ProgressCallback(f"train {job.name}", stack, settings, job.validate is not None)
        trainer.add_callback(shown)
        trainer.train(resume_from_checkpoint=str(checkpoint.path) if checkpoint else None)
    last = last_checkpoint(parts.work)
    if last is None:
        raise RunStoppedError(f"{parts.work}: training ended without a checkpoint")
    return last


def _rows(job: TrainJob, parts: _Parts, policy: PreTrainedModel) -> Sequence[PairTokens]:
    """What is trained on: the pairs, or what is made of the former model's answers."""
    if job.former is None or job.former.own_words is None:
        return parts.rows
    every = job.former.own_words(partial(parts.generator, policy))
    lines = (json.dumps({k: v[-1].content for k, v in one._asdict().items()}) for one in every)
    write_text(job.folder / _OWN_WORDS, "".join(f"{line}\n" for line in lines))
    tokens = parts.generator.tokens
    cut = first_tokens(parts.tokenizer, job.trainer.rejected_tokens)
    rows = [row_of(one, tokens, cut) for one in every]
    texts = parts.generator.texts(policy, min(_N_TEXTS, len(rows)), job.trainer.max_length)
    return [*rows, *(PairTokens(ids[:1], ids[1:], ids[1:]) for ids in texts)]


def _export(job: TrainJob, parts: _Parts, best: Path | None) -> dict[str, Any]:
    """Write the merged model, the adapter and, if the base came from a GGUF, the GGUF; their places
    in the record."""
    if best is None:
        began = "former" if job.former else "base"
        console.print(
            f"  training: no checkpoint validated better than the {began} model, which is kept as"
            " it is"
        )
    model = merge(parts.base, best)
    kept_share = _keep(job, parts, model) if best and job.shares != (1.0,) else 1.0
    merged, adapter = job.folder / "merged", job.folder / "adapter"
    save_checkpoint(model, parts.tokenizer, merged)
    shutil.rmtree(adapter, ignore_errors=True)
    saved = save_adapter(best, kept_share, adapter) if best else False
    gguf = _export_gguf(job, parts, model)

    def within(path: Path | None) -> str:
        return str(path.relative_to(job.out)) if path else ""

    return {
        "model_path": within(merged),
        "adapter_path": within(adapter if saved else None),
        "gguf_path": within(gguf),
        "kept_share": kept_share,
    }


def _export_gguf(job: TrainJob, parts: _Parts, model: PreTrainedModel) -> Path | None:
    """Write the GGUF; None, with the reason on the terminal, if that is not possible."""
    if not parts.source.is_file():
        console.print("  training: no GGUF is written, since the base model did not come from one")
        return None
    gguf = job.folder / "model-f16.gguf"
    try:
        export_gguf(model.state_dict(), model.config, parts.source, gguf)
    except InputError as error:
        console.print(f"  training: no GGUF is written: {error}")
        return None
    return gguf


def _keep(job: TrainJob, parts: _Parts, model: PreTrainedModel) -> float:
    """Blend the trained model with its base; returns the share of the change that is kept, all of
    it where nothing can be scored."""
    generator, origin, scored = parts.generator, merge(parts.base, None), job.validate
    if scored is None:
        return 1.0

    def validate(candidate: PreTrainedModel) -> float:
        return scored(partial(generator, candidate))

    dtype = getattr(torch, generator.dtype)
    share, score = blend(origin, model, job.shares, validate, dtype)
    console.print(f"  training: {share:.2f} of the change is kept ({score:.3f})")
    return share
