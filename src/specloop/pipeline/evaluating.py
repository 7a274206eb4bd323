"""Stage `evaluate`: base, baselines and trained models on the held-out probes."""

from __future__ import annotations

import difflib
from typing import NamedTuple

from specloop.config import PLAIN, PROMPT_ONLY
from specloop.errors import InputError
from specloop.evaluate import EvaluationSet, Inputs, Method, Target, evaluate
from specloop.llm.backends import backend_of, check_model
from specloop.llm.calls.budget import check_price
from specloop.llm.calls.ledger import Meter
from specloop.pipeline.run import Run, StageLog
from specloop.pipeline.specbench_protocol import options_for
from specloop.pipeline.synthesis import held_out_rules
from specloop.records import Case, Evaluation, Instance, TrainingRun
from specloop.runrules import current_rules


class EvaluationEntrant(NamedTuple):
    """One row of the table: a label, a model and how it is asked."""

    label: str
    model: str
    method: Method = "vanilla"


def entrants(run: Run) -> list[EvaluationEntrant]:
    """Base first, then the baselines, then what was trained."""
    base = run.config.roles.target.model
    found = [EvaluationEntrant("base", base)]
    if PROMPT_ONLY in run.config.evaluate.baselines:
        found.append(EvaluationEntrant(PROMPT_ONLY, base, PROMPT_ONLY))
    trained = sorted(run.folder.read(TrainingRun), key=lambda r: r.preferences)
    return found + [EvaluationEntrant(r.trainer, r.model_in(run.folder.path)) for r in trained]


def named_entrant(run: Run, name: str, method: Method) -> EvaluationEntrant:
    """A known label, or any model by its name; InputError where it is neither."""
    known = {entrant.label: entrant for entrant in entrants(run)}
    by_model = {entrant.model: entrant for entrant in reversed(known.values())}
    if name in known:
        return known[name]
    if name in by_model and by_model[name].method == method:
        return by_model[name]
    if ":" not in name:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise InputError(
            f"nothing is called {name!r} in this run.{hint} Labels: {', '.join(known)}; a model is "
            "named with its backend, such as hf:FOLDER or openai:NAME"
        )
    return EvaluationEntrant(name if method == "vanilla" else f"{name} {method}", name, method)


def check_entrant(run: Run, entrant: EvaluationEntrant) -> None:
    """InputError where an entrant's model could not be opened; nothing is asked of it."""
    options = options_for(run.config.roles.target, entrant.model)
    name = check_model(entrant.model, **options)
    check_price(run.pool.limits, run.config.prices, name, free=backend_of(name).is_free)


async def stage_evaluate(run: Run) -> None:
    """Every entrant, each against the base."""
    for entrant in entrants(run):
        await evaluate_entrant(run, entrant, None if entrant.label == "base" else "base")


async def evaluate_entrant(run: Run, entrant: EvaluationEntrant, against: str | None) -> Evaluation:
    """Measure one entrant; what it answered before is kept."""
    eval_set = make_eval_set(run)
    trained = [r.id for r in run.folder.read(TrainingRun)]
    parts = [*entrant, against, eval_set.benchmark, run.config.evaluate, trained]
    parts += [rule.model_dump() for rule in eval_set.rules]
    note = StageLog(run, f"evaluate-{entrant.label}", parts)
    known = [e for e in run.folder.read(Evaluation) if e.label == entrant.label]
    if note.done and known:
        return known[-1]
    note.begin()
    n_failed = len(run.folder.failures)
    options = options_for(run.config.roles.target, entrant.model)
    judge = run.config.roles.compliance
    meters: dict[str, Meter] = {}
    async with run.model(note.name, entrant.model, **options) as (model, meter):
        meters["target"] = meter
        target = Target(entrant.label, model, entrant.method, run.config.roles.target.concurrency)
        inputs = Inputs(run.folder, target, eval_set, against, None, meter, run.is_rehearsal)
        if judge.model == PLAIN or run.config.evaluate.judged_share == 0:
            found = await evaluate(inputs)
        else:
            async with run.models(note.name, "compliance") as opened:
                meters |= opened.meters
                found = await evaluate(inputs._replace(compliance=opened.models.get("compliance")))
    # What failed is asked again at the next run; what was answered is kept.
    note.finish(meters, done=len(run.folder.failures) == n_failed)
    return found


def make_eval_set(run: Run) -> EvaluationSet:
    """The held-out test probes with the document's rules."""
    probes = [p for p in run.folder.need(Case, "probes") if p.is_probe and p.split == "test"]
    if not probes:
        raise InputError(f"{run.folder.path}: no held-out probes; run `specloop probes` first")
    return EvaluationSet(
        probes=tuple(probes),
        instances=tuple(run.folder.read(Instance)),
        rules=tuple(current_rules(run.folder)),
        held_out=held_out_rules(run),
        settings=run.config.evaluate,
    )
