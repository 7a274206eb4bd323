"""Stage `evaluate`: entrants on the run's held-out probes, or on another benchmark, side by
side."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from glob import escape
from typing import Any, NamedTuple

from specloop.config import PLAIN, RoleName
from specloop.errors import InputError
from specloop.evaluation import EvaluationSet, Inputs, Target, evaluate
from specloop.judging.guides import NO_GUIDES
from specloop.judging.second_look import SecondLook
from specloop.llm.base import Model
from specloop.llm.roles import RoleModel
from specloop.pipeline.entrants import EntrantNames, PlannedEntrant, planned_entrants
from specloop.pipeline.judge_models import StageJudge, judge_model, roles_of_stage, shown_examples
from specloop.pipeline.judge_worth import judge_worth
from specloop.pipeline.model_pool import ModelRequest
from specloop.pipeline.rehearsal import ScorerStandIn
from specloop.pipeline.revised import record_revision
from specloop.pipeline.run import Run, StageLog
from specloop.pipeline.synthesis import held_out_rules
from specloop.records import (
    Answer,
    Benchmark,
    Case,
    Evaluation,
    Example,
    Instance,
    Judgement,
    RefusalVerdict,
    Rule,
    Section,
    TrainingRun,
)
from specloop.report.bench_data import FOLLOWS
from specloop.responding.base import MethodContext
from specloop.responding.entrant import Entrant
from specloop.responding.wording import OURS
from specloop.runrules import current_guides, current_rules
from specloop.store import BENCHMARKS, RunFolder


class EvaluationPlan(NamedTuple):
    """What entrants are measured on, and the folder of the results."""

    eval_set: EvaluationSet
    folder: RunFolder

    @classmethod
    def of(cls, run: Run, benchmark: Benchmark | None = None) -> EvaluationPlan:
        """The run's held-out probes; or a benchmark, whose results are in a folder of its own."""
        worth = judge_worth(run)
        if benchmark is None:
            return cls(make_eval_set(run)._replace(worth=worth), run.folder)
        eval_set = EvaluationSet.of_benchmark(benchmark, run.config.evaluate)
        # A benchmark of the run's own document has its rules, so their rubrics are shown: all of
        # them are the judge's, as where it was measured.
        current = current_guides(run.folder)
        own = current.of_rules(eval_set.rules)
        guides = current if own.digest or own.examples else NO_GUIDES
        part = run.folder.part(f"{BENCHMARKS}/{folder_name(benchmark)}")
        return cls(eval_set._replace(guides=guides, worth=worth), part)

    @property
    def suffix(self) -> str:
        """What names of stages end with."""
        return f" on {self.folder.path.name}" if self.eval_set.source else ""

    def begin(self) -> None:
        """Keep a benchmark's cases and rules beside the results."""
        if self.eval_set.source and not self.folder.has(Case):
            self.folder.replace(Rule, self.eval_set.rules)
            self.folder.replace(Case, self.eval_set.probes)
            self._reuse()

    def _reuse(self) -> None:
        """Take over answers and verdicts on rows that an earlier version of the benchmark has."""
        asked = {probe.id for probe in self.eval_set.probes}
        stem = self.folder.path.name.rpartition("-")[0]
        for path in sorted(self.folder.path.parent.glob(f"{escape(stem)}-*")):
            if path == self.folder.path or not _is_version(path.name, stem):
                continue
            other = RunFolder(path)
            answers = [one for one in other.read(Answer) if one.case in asked]
            known = {one.id for one in answers}
            judged = [one for kind in (Judgement, RefusalVerdict) for one in other.read(kind)]
            self.folder.append_new([*answers, *(one for one in judged if one.answer in known)])
            if answers:
                self.folder.note(**{FOLLOWS: path.name})


def folder_name(benchmark: Benchmark) -> str:
    """The benchmark's folder: other rules or cases have another."""
    last = benchmark.source.rstrip("/").rpartition(":")[2].rpartition("/")[2]
    name = re.sub(r"[^\w.+=-]+", "_", last).strip(".") or "benchmark"
    return f"{name}-{benchmark.digest[:8]}"


def _is_version(name: str, stem: str) -> bool:
    """Whether a folder is of the same benchmark: its name ends with a digest alone."""
    return re.fullmatch(rf"{re.escape(stem)}-[0-9a-f]{{8}}", name) is not None


async def stage_evaluate(run: Run) -> None:
    """Every entrant of the configuration."""
    await evaluate_all(run, planned_entrants(run, EntrantNames()))


async def evaluate_all(
    run: Run, every: Iterable[PlannedEntrant], benchmark: Benchmark | None = None
) -> None:
    """Measure entrants, each after the one that it is compared with."""
    plan = EvaluationPlan.of(run, benchmark)
    for planned in every:
        await _evaluate_one(run, planned, plan)
    if benchmark is None and not run.is_rehearsal:
        record_revision(run, plan.eval_set)


async def _evaluate_one(run: Run, planned: PlannedEntrant, plan: EvaluationPlan) -> None:
    """Measure one entrant; what it answered before is kept."""
    entrant, by = planned.entrant, planned.chooser
    against = planned.against.label if planned.against else None
    eval_set, folder = plan
    name = f"evaluate-{entrant.label}{plan.suffix}"
    named = entrant._replace(model=planned.target.name)
    note = StageLog(run, name, _inputs(run, named, against, eval_set))
    if note.done and any(one.label == entrant.label for one in folder.read(Evaluation)):
        return
    note.begin()
    plan.begin()
    n_failed = len(folder.failures)
    requests = [planned.target, by.request if by else None, *_judges(run)]
    async with run.pool.open(note.name, [request for request in requests if request]) as opened:
        models: dict[RoleName, Model] = {role: one.model for role, one in opened.items()}
        scorer = by.scorer if by else None
        judge = models.get("compliance")
        if eval_set.settings.judged_share:
            judge = judge_model(eval_set.settings.judge, "compliance", models)
        if run.is_rehearsal and scorer and not scorer.asks:
            scorer = ScorerStandIn(inner=scorer, value=lambda _: None)  # Its model is not loaded.
        context = MethodContext(models["target"], OURS, scorer, models.get("scorer"))
        roles, meter = run.config.roles, opened["target"].meter
        target = Target(entrant, context, roles.target.concurrency)
        role_model = RoleModel(judge, roles.compliance) if judge else None
        look = _second_look(run, models, eval_set)
        await evaluate(
            Inputs(folder, target, eval_set, against, role_model, meter, run.is_rehearsal, look)
        )
    # What failed is asked again at the next run; what was answered is kept.
    meters = {role: one.meter for role, one in opened.items()}
    note.finish(meters, done=len(folder.failures) == n_failed)


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
        guides=current_guides(run.folder),
    )


def _second_look(
    run: Run, models: Mapping[RoleName, Model], eval_set: EvaluationSet
) -> SecondLook | None:
    """The judge that looks again; None where none is named. A benchmark has no document to look
    into."""
    table, roles = run.config.evaluate.second_look, run.config.roles
    if not table or roles.compliance.model == PLAIN or not run.config.evaluate.judged_share:
        return None
    judge = StageJudge.another(table)
    sections = [] if eval_set.source else run.folder.read(Section)
    examples = [] if eval_set.source else run.folder.read(Example)
    by_id = {section.id: section for section in sections}
    n_at_once = roles.of(judge.role).concurrency
    return SecondLook(judge.opened(models, eval_set.guides), by_id, n_at_once, examples)


def _judges(run: Run) -> list[ModelRequest]:
    """The models of all judges that are asked."""
    roles = run.config.roles
    asked = roles_of_stage(run.config, "evaluate")
    return [ModelRequest(role, roles.of(role).model, roles.of(role).options) for role in asked]


def _inputs(run: Run, entrant: Entrant, against: str | None, eval_set: EvaluationSet) -> list[Any]:
    """What decides an entrant's figures; who else is measured does not."""
    settings = run.config.evaluate.model_dump(exclude={"baselines", "methods", "margin"})
    trained = [record.id for record in run.folder.read(TrainingRun)]
    rules = [rule.model_dump() for rule in eval_set.rules]
    worth = eval_set.worth
    worked = shown_examples(run.config, "evaluate", eval_set.guides)
    known = filter(None, [eval_set.guides.digest, worth.identity, worth.digest, worked])
    return [*entrant, against, eval_set.benchmark, settings, trained, *rules, *known]
