"""Stages of a benchmark in SpecBench's form: load, generate, judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from specloop.bench.answering import Bench, Entrant, Tools, deliberate, wanted_ids
from specloop.bench.judging import Grader, Papers, judge_answers
from specloop.bench.load import load_scenarios
from specloop.bench.stored import keep, read_stored
from specloop.bench.subset import subset
from specloop.benchmark import Deliberation, Scenario
from specloop.config import PLAIN, RoleModel, SpecBench
from specloop.errors import InputError
from specloop.methods import methods
from specloop.methods._wording import OURS
from specloop.pipeline.desk import Wanted
from specloop.pipeline.run import Run, StageNote
from specloop.records import Sampling
from specloop.scorers import Scorer, scorers
from specloop.sheets import sheets

ALL = "all"


def scenarios_of(run: Run) -> tuple[Scenario, ...]:
    """The configured scenarios, each cut to its subset."""
    settings = run.config.specbench
    if not settings.data:
        raise InputError(
            "no benchmark data: name a folder, a SpecBench checkout or hf:OWNER/NAME by --data, or "
            "as data under [specbench]"
        )
    found = load_scenarios(settings.data, settings.scenarios)
    return tuple(subset(one, settings.subset, settings.subset_seed) for one in found)


def entrants(settings: SpecBench, model: str) -> list[Entrant]:
    """Every method to be measured; a table may name another `model` than the target."""
    found: list[Entrant] = []
    for table in _expanded(settings.methods):
        options = {"name": table} if isinstance(table, str) else dict(table)
        by = str(options.pop("model", model))
        method = methods.build(options)
        found.append(Entrant(str(options["name"]), method, by, settings.protocol))
    return found


def _expanded(tables: Sequence[str | Mapping[str, Any]]) -> Iterator[str | Mapping[str, Any]]:
    for table in tables:
        if table == ALL:
            yield from methods.names()
        else:
            yield table


async def stage_generate(run: Run) -> None:
    """Every entrant answers every row that it has not answered yet."""
    settings = run.config.specbench
    scenarios = scenarios_of(run)
    keep(run.folder, scenarios)
    for entrant in entrants(settings, run.config.roles.target.model):
        await _generate(run, entrant, scenarios)


async def _generate(run: Run, entrant: Entrant, scenarios: Sequence[Scenario]) -> None:
    bench = _bench(run, scenarios)
    ids = wanted_ids(bench, entrant)
    if {one.id for one in run.folder.read(Deliberation)}.issuperset(ids):
        return
    note = StageNote(run, f"generate {entrant.label} {entrant.model}", ids)
    note.begin()
    scorer, role = scorer_of(run), scoring_role(run)
    wanted = [Wanted("target", entrant.model, run.config.roles.target.options)]
    if scorer is not None and role.model != PLAIN:
        wanted.append(Wanted("scorer", role.model, role.options))
    async with run.desk.open(note.name, wanted) as opened:
        scoring = opened["scorer"].model if "scorer" in opened else None
        tools = Tools(opened["target"].model, OURS, scorer, scoring)
        n_failed = await deliberate(bench, entrant, tools)
        note.finish({role: one.meter for role, one in opened.items()}, done=not n_failed)


def scorer_of(run: Run) -> Scorer | None:
    """What methods choose answers by, where it is configured."""
    table = run.config.specbench.scorer
    return scorers.build(table) if table else None


def scoring_role(run: Run) -> RoleModel:
    """Whose model the scorer asks: the scorer's, else the judge's."""
    roles = run.config.roles
    return roles.scorer if roles.scorer.model != PLAIN else roles.judge


async def stage_judge(run: Run) -> None:
    """The configured judge judges every answer that it has not judged yet."""
    await judge_with(run, make_grader(run))


async def judge_with(run: Run, grader: Grader) -> None:
    """A judge judges every answer that it has not judged yet."""
    role = run.config.roles.judge
    papers = _papers(run, load(run), role)
    note = StageNote(
        run, f"judge {grader.name} {grader.model}", [d.id for d in papers.deliberations]
    )
    note.begin()
    async with run.desk.open(note.name, [Wanted("judge", grader.model, role.options)]) as opened:
        n_failed = await judge_answers(papers, grader, opened["judge"].model)
        note.finish({"judge": opened["judge"].meter}, done=not n_failed)


def make_grader(run: Run) -> Grader:
    """The configured judge; InputError where it has no model."""
    settings, role = run.config.specbench, run.config.roles.judge
    if role.model == PLAIN:
        raise InputError("no judge: name its model by --judge-model, or as judge under [roles]")
    options = {"name": settings.judge} if isinstance(settings.judge, str) else dict(settings.judge)
    return Grader(str(options["name"]), sheets.build(options), role.model, settings.protocol)


def _papers(run: Run, role: RoleModel) -> Papers:
    stored = read_stored(run.folder)
    if not stored.deliberations:
        raise InputError(
            f"{run.folder.path}: no answers there yet; run `specloop specbench generate` first"
        )
    share = run.config.specbench.max_failures
    return Papers(run.folder, stored.scenarios, stored.deliberations, role.concurrency, share)


def samplings(settings: SpecBench) -> list[Sampling]:
    """How answers are drawn, once for each seed."""
    return [
        Sampling(
            temperature=settings.temperature,
            top_p=settings.top_p,
            top_k=settings.top_k,
            max_tokens=settings.max_tokens,
            seed=seed,
        )
        for seed in settings.seeds
    ]


def _bench(run: Run, scenarios: Sequence[Scenario]) -> Bench:
    return Bench(
        folder=run.folder,
        scenarios=scenarios,
        samplings=samplings(run.config.specbench),
        concurrency=run.config.roles.target.concurrency,
        max_failures=run.config.specbench.max_failures,
    )
