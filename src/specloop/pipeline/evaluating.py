"""Stage `evaluate`: base, baselines and trained models on the held-out probes."""

from __future__ import annotations

from typing import NamedTuple

from specloop.config import PLAIN
from specloop.errors import InputError
from specloop.evaluate import Exam, Inputs, Method, Target, evaluate
from specloop.llm.ledger import Meter
from specloop.pipeline.reading import current_rules
from specloop.pipeline.run import Run, StageNote
from specloop.pipeline.synthesis import held_out_rules
from specloop.records import Evaluation, Instance, Probe, TrainingRun


class Entrant(NamedTuple):
    """One row of the table: a label, a model and how it is asked."""

    label: str
    model: str
    method: Method = "vanilla"


def entrants(run: Run) -> list[Entrant]:
    """Base first, then the baselines, then what was trained."""
    base = run.config.roles.target.model
    found = [Entrant("base", base)]
    if "prompt-only" in run.config.evaluate.baselines:
        found.append(Entrant("prompt-only", base, "prompt-only"))
    trained = sorted(run.folder.read(TrainingRun), key=lambda r: r.trainer != "sft")
    return found + [Entrant(r.trainer, trained_model(run, r, base)) for r in trained]


def trained_model(run: Run, record: TrainingRun, base: str) -> str:
    """A trained model in the runtime its base ran in, so that both are measured alike."""
    if base.startswith("embedded:") and record.gguf_path:
        return f"embedded:{run.folder / record.gguf_path}"
    return f"hf:{run.folder / record.model_path}"


async def stage_evaluate(run: Run) -> None:
    """Every entrant, each against the base."""
    for entrant in entrants(run):
        await evaluate_entrant(run, entrant, None if entrant.label == "base" else "base")


async def evaluate_entrant(run: Run, entrant: Entrant, against: str | None) -> Evaluation:
    """Measure one entrant; what it answered before is kept."""
    exam = make_exam(run)
    trained = [r.id for r in run.folder.read(TrainingRun)]
    inputs = [*entrant, against, exam.benchmark, run.config.evaluate, trained]
    inputs += [rule.model_dump() for rule in exam.rules]
    note = StageNote(run, f"evaluate-{entrant.label}", inputs)
    known = [e for e in run.folder.read(Evaluation) if e.label == entrant.label]
    if note.done and known:
        return known[-1]
    note.begin()
    n_failed = len(run.folder.failures)
    options = run.config.roles.target.options
    judge = run.config.roles.compliance
    meters: dict[str, Meter] = {}
    async with run.model(note.name, entrant.model, **options) as (model, meter):
        meters["target"] = meter
        target = Target(entrant.label, model, entrant.method, run.config.roles.target.concurrency)
        if judge.model == PLAIN or run.config.evaluate.judged_share == 0:
            found = await evaluate(Inputs(run.folder, target, exam, against, None, meter))
        else:
            async with run.models(note.name, "compliance") as opened:
                meters |= opened.meters
                player = opened.cast.get("compliance")
                model_ = player.model if player else None
                found = await evaluate(Inputs(run.folder, target, exam, against, model_, meter))
    others = [e for e in run.folder.read(Evaluation) if e.label != entrant.label]
    run.folder.replace(Evaluation, [*others, found])
    # What failed is asked again at the next run; what was answered is kept.
    note.finish(meters, done=len(run.folder.failures) == n_failed)
    return found


def make_exam(run: Run) -> Exam:
    """The held-out test probes with the document's rules."""
    probes = [p for p in run.folder.need(Probe, "probes") if p.split == "test"]
    if not probes:
        raise InputError(f"{run.folder.path}: no held-out probes; run `specloop probes` first")
    return Exam(
        probes=tuple(probes),
        instances=tuple(run.folder.read(Instance)),
        rules=tuple(current_rules(run)),
        held_out=held_out_rules(run),
        settings=run.config.evaluate,
    )
