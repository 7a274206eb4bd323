"""What trainings would ask of the judge that validates them.

The checkpoints are still to be made: the least way all answer alike, and briefly; the most way each
answers otherwise, and as long as it may.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from specloop.config import RoleName
from specloop.llm.base import Model, Reply
from specloop.pipeline.rehearsal import text_of
from specloop.pipeline.rehearsed import RehearsedPool
from specloop.pipeline.run import Run
from specloop.pipeline.stand_in import MOST_CHARS, Sample
from specloop.pipeline.training import former_model, trainer_of, trainings
from specloop.pipeline.validation import validation_plan
from specloop.records import Exchange, PreferencePair, Revision, TrainingRun
from specloop.revision.lineage import document_of, since
from specloop.trainers import Trainer, trainers
from specloop.training import is_trainable
from specloop.training.checkpoint import validations_ahead

_SHORT = 20
"""Characters of the least answer."""


async def rehearse_trainings(run: Run, names: Sequence[str] = ()) -> None:
    """Ask what the trainings' validations would ask, and note the models that they would make,
    which are measured after them. Without names it is all trainings of the loop."""
    records, document = run.folder.read(TrainingRun), document_of(run.folder)
    revisions = run.folder.read(Revision)
    trained = {one.trainer for one in records if not since(one.document, revisions, document)}
    base = run.config.roles.target.model
    assert isinstance(run.pool, RehearsedPool)
    n_pairs = _n_pairs(run, run.pool)
    for name in names or trainings(run.config):
        if name in trained or not is_trainable(base):
            continue
        trainer = trainer_of(run.config, name)
        if n_pairs:
            await _validate(run, run.pool, trainer, n_pairs)
        records.append(
            TrainingRun(
                trainer=name,
                title=name,
                preferences=trainer.preferences,
                base=base,
                settings={},
                pairs_digest="",
                n_pairs=0,
                document=document,
                model_path=name,
                best_step=0,
                best_score=0.0,
            )
        )
    run.folder.replace(TrainingRun, records)


def _n_pairs(run: Run, pool: RehearsedPool) -> int:
    """The pairs to train on; those of a sample stand for more. A rehearsed judge says one thing of
    both sides, so it makes none; at most each exchange makes one."""
    n = sum(pair.split == "train" for pair in run.folder.read(PreferencePair))
    if not n and pool.way.most:
        n = len(run.folder.read(Exchange))
    return math.ceil(n * pool.sample.times)


async def _validate(run: Run, pool: RehearsedPool, trainer: Trainer, n_pairs: int) -> None:
    """One validation, which stands for all."""
    plan, most = validation_plan(run, trainer), pool.way.most
    if plan.judge is None:
        return
    before = pool.sample
    goes_on = former_model(run, trainer) is not None
    pool.sample = Sample(_n_most(trainer, n_pairs, goes_on) if most else 1, math.inf)
    length = round(trainer.max_new_tokens * MOST_CHARS) if most else _SHORT
    replies = [Reply(text=text_of(length)) for _ in plan.probes]
    async with run.models(f"train-{trainers.name_of(trainer)}", *plan.judge.roles) as opened:
        models: dict[RoleName, Model] = {r: one.model for r, one in opened.models.by_role.items()}
        answers = plan.answers(models)
        assert answers is not None
        await answers.scores(replies)
    pool.sample = before


def _n_most(trainer: Trainer, n_pairs: int, goes_on: bool) -> int:
    """Validations of a training that does not stop early: of the base, at intervals, at the end,
    and of each share of the change."""
    batches = math.ceil(n_pairs / trainer.batch_size)
    steps = math.ceil(trainer.epochs * math.ceil(batches / trainer.accumulate))
    tried = trainer.continued_shares if goes_on else trainer.shares
    shares = 0 if tried == (1.0,) else len(set(tried))
    return 1 + validations_ahead(0, steps, trainer.eval_every) + shares
