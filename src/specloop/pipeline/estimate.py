"""What a run will ask of its models, before it asks: calls and tokens by stage and role.

The stages themselves are rehearsed: their own code goes through the folder's records, in memory,
and stand-ins answer. What depends on answers that nobody has seen yet is a range over several
rehearsals, which lead the least way and the most way.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import Any

from specloop.checking import applies, assuming
from specloop.config import PLAIN, Config
from specloop.draws import drawing
from specloop.errors import SpecloopError
from specloop.llm.calls.cache import StoredCalls
from specloop.pipeline.amounts import Estimate, Range, least_drawn, most_drawn
from specloop.pipeline.benchmaker import build
from specloop.pipeline.calibrating import stage_calibrate
from specloop.pipeline.entrants import PlannedEntrant, entrants
from specloop.pipeline.evaluating import evaluate_all
from specloop.pipeline.refusals import stage_refusals
from specloop.pipeline.rehearsal import Amount
from specloop.pipeline.rehearsed import RehearsedFolder, RehearsedPool
from specloop.pipeline.rubrics import stage_rubrics
from specloop.pipeline.run import Run
from specloop.pipeline.sets import stage_sets
from specloop.pipeline.stages import STAGES
from specloop.pipeline.stand_in import RehearsalAssumption, Sample, StandIn, Way
from specloop.pipeline.synthesis import held_out_rules
from specloop.pipeline.training_rehearsal import rehearse_trainings
from specloop.pipeline.updating import UpdateOptions, carry_over
from specloop.records import Benchmark, Case, Certificate, Instance, Rule, SeedPrompt
from specloop.runrules import current_rules
from specloop.spec.refine import MORE_RULES
from specloop.terminal import console

Work = Callable[[Run], Awaitable[object]]
_Line = tuple[str, str]
"""Stage and role."""
_MOST_EXCHANGES = 400
"""Answers of as many are rehearsed one by one; an answer that is judged counts tenfold."""
_MOST_ANSWERS = 800
"""The same for an evaluation."""
_LEAST = 8
"""Exchanges of a wave, or probes, in a sample."""
_JUDGED = 10


async def estimate(run: Run, stages: Sequence[str]) -> list[Estimate]:
    """Estimates of the stages that ask models, in order. What is done or stored already is left
    out."""
    return await _estimated(run, {name: _WORKS[name] for name in stages if name != "report"})


async def estimate_update(run: Run, options: UpdateOptions) -> list[Estimate]:
    """Estimates of carrying a run over to another version of its document."""
    names = ("probes", "synth", "pairs", "evaluate")
    stages = run.folder.manifest().get("stages", {})
    there = {name.partition("-")[0] for name in stages}
    works = {name: _WORKS[name] for name in ("rubrics", *names) if name in there}
    return await _estimated(run, {"rules": partial(carry_over, options=options), **works})


async def estimate_training(run: Run, name: str) -> list[Estimate]:
    """Estimates of validating one trainer's checkpoints by a judge."""
    return await _estimated(run, {"train": partial(rehearse_trainings, names=[name])})


async def estimate_entrants(
    run: Run, every: Sequence[PlannedEntrant], benchmark: Benchmark | None = None
) -> list[Estimate]:
    """Estimates of measuring entrants, each on a line of its own; what the folder has is left out.

    What several of them ask alike is counted with the first.
    """
    work = partial(evaluate_all, every=every, benchmark=benchmark)
    stage = "benchmark" if benchmark else "evaluate"
    return await _estimated(run, {stage: work}, by_entrant=True)


async def _estimated(
    run: Run, works: Mapping[str, Work], *, by_entrant: bool = False
) -> list[Estimate]:
    with closing(StoredCalls(run.pool.files.cache)) as stored:
        pools = [await _rehearsed(run, works, way, stored) for way in _ways(run, works)]
    models: dict[_Line, str] = {}
    asked: dict[_Line, list[Amount]] = {}
    for n, pool in enumerate(pools):
        for stand_in in pool.stand_ins:
            name, _, label = stand_in.stage.partition("-")
            line = f"{name} {label}" if by_entrant and label else name, stand_in.request.role
            # All models that are measured stand on one line, under the name of the first.
            models.setdefault(line, stand_in.request.model)
            by_way = asked.setdefault(line, [Amount()] * len(pools))
            by_way[n] = by_way[n].plus(stand_in.asked, _factor(run, stand_in))
    every = (_estimate(line, model, asked[line]) for line, model in models.items())
    return [estimate for estimate in every if estimate.calls.high]


def _estimate(line: _Line, model: str, asked: Sequence[Amount]) -> Estimate:
    calls, prompt, completion = map(_around, zip(*asked, strict=True))
    return Estimate(*line, model, calls, prompt, completion)


def _factor(run: Run, stand_in: StandIn) -> float:
    """By which the amounts of a stand-in are multiplied: for the items that are not rehearsed, and
    for the rules that an extractor may add to those that code reads."""
    role, most = stand_in.request.role, stand_in.way.most
    adds_rules = role == "annotator" and run.config.roles.extractor.model != PLAIN
    return stand_in.sample.factor(role, most=most) * (MORE_RULES if most and adds_rules else 1)


def _around(amounts: Sequence[float]) -> Range:
    """Rounded outwards to whole numbers, apart from the error of floating point."""
    return Range(math.floor(min(amounts) + 1e-6), math.ceil(max(amounts) - 1e-6))


def _ways(run: Run, works: Mapping[str, Work]) -> Iterator[Way]:
    """The ways that a run can go, as far as they cost differently."""
    config, roles = run.config, run.config.roles
    yield from (least := Way(most=False), most := Way(most=True))
    may_find = works.keys() & {"synth", "pairs"} and _judge_may_count(run)
    looks = works.keys() & {"evaluate", "benchmark"} and config.evaluate.second_look
    if may_find or looks:
        yield from (least._replace(verdict="YES"), most._replace(verdict="YES"))
    if "instances" not in works:
        return
    if not config.seeds.path and roles.planner.model != PLAIN:
        yield from (least._replace(fit=False), most._replace(fit=False))
    if {roles.extractor.model, roles.annotator.model} == {PLAIN} and not _is_sampled(run):
        return
    if roles.compliance.model != PLAIN:
        yield from (least._replace(first="decided"), most._replace(first="undecided"))
    if config.seeds.path and {roles.planner.model, roles.attacker.model} != {PLAIN}:
        yield from (least._replace(first="fit"), most._replace(first="unfit"))
    if roles.attacker.model != PLAIN:
        yield most._replace(first="conditional")


def _judge_may_count(run: Run) -> bool:
    """Whether a judge's verdicts may make pairs, as far as can be told before there are rules."""
    least = run.config.synthesis.trust_judge
    return least == "unmeasured" or (least != "never" and run.folder.has(Certificate))


async def _rehearsed(
    run: Run, works: Mapping[str, Work], way: Way, stored: StoredCalls
) -> RehearsedPool:
    """The models after the stages went this way. A stage that would stop asks nothing more."""
    copy = Run(RehearsedFolder(run.folder.path), run.config, run.origins)
    copy.is_rehearsal = True
    copy.pool = pool = RehearsedPool(copy, way, stored)
    draws = _Draws(pool, way)
    with (
        _quiet(),
        assuming(RehearsalAssumption(most=way.most)),
        drawing(draws),
        suppress(SpecloopError),
    ):
        for name, work in works.items():
            for _ in _parts(copy, pool, name):
                await work(copy)
            unknown = name == "instances" and (_is_sampled(run) or pool.has_paid_for("rules"))
            if way.first and unknown:
                _pick(copy, way.first)
    return pool


def _is_sampled(run: Run) -> bool:
    return sampled_wave(run) < run.config.synthesis.exchanges_per_wave


def _pick(run: Run, first: str) -> None:
    """Put some rules before others into the instances."""
    rules, held_out = current_rules(run.folder), held_out_rules(run)
    seeds = [seed.text for seed in run.folder.read(SeedPrompt) if seed.split == "train"]

    def is_first(rule: Rule) -> bool:
        if first in ("decided", "undecided"):
            return (rule.check is not None) is (first == "decided")
        if first == "conditional":
            return rule.check is not None and rule.check.when is not None
        fits = rule.check is None or any(applies(rule.check, text) for text in seeds)
        return fits is (first == "fit")

    order = sorted(rules, key=lambda rule: not is_first(rule))
    picked: list[Instance] = []
    for instance in run.folder.read(Instance):
        ids = [rule.id for rule in order if instance.split == "test" or rule.id not in held_out]
        picked.append(instance.model_copy(update={"rules": tuple(ids[: len(instance.rules)])}))
    run.folder.replace(Instance, picked)


def sampled_wave(run: Run) -> int:
    """Exchanges of a wave that are rehearsed: all, unless there are many, and none is there yet."""
    settings = run.config.synthesis
    size = settings.exchanges_per_wave
    answers = (1 + settings.switch_share * (settings.rounds - 1)) * (1 + settings.permitted_share)
    each = settings.waves * answers * (1 + _JUDGED * settings.judged_share)
    fewer = max(_LEAST, round(_MOST_EXCHANGES / each))
    return size if _is_begun(run, "synth") else min(size, fewer)


def _parts(run: Run, pool: RehearsedPool, stage: str) -> Iterator[None]:
    """The parts in which a stage is rehearsed: the configuration of each is set, and how many items
    each of its items stands for."""
    if stage == "evaluate":
        yield from _evaluation(run, pool, run.config)
        return
    if stage == "synth":
        size, whole = sampled_wave(run), run.config
        times = whole.synthesis.exchanges_per_wave / size
        pool.sample = Sample(times, size * whole.synthesis.waves)
        run.config = _with(whole, "synthesis", exchanges_per_wave=size)
    elif stage not in ("pairs", "train"):  # They have what the same exchanges make.
        pool.sample = Sample()
    yield


def _evaluation(run: Run, pool: RehearsedPool, whole: Config) -> Iterator[None]:
    """First one probe, with all that is asked beside the probes, then some that stand for the
    rest."""
    settings, pool.sample = whole.evaluate, Sample()
    n = sum(case.is_probe and case.split == "test" for case in run.folder.read(Case))
    n = min(n, settings.n_probes or n)
    answers = len(settings.seeds) * len(entrants(run))
    fewer = round(_MOST_ANSWERS / (answers * (1 + _JUDGED * settings.judged_share)))
    fewer = max(_LEAST, fewer)
    if n <= fewer + 1 or _is_begun(run, "evaluate"):
        yield
        return
    run.config = _with(whole, "evaluate", n_probes=1)
    yield
    run.config = _with(whole, "evaluate", n_probes=fewer + 1, general=False)
    pool.sample = Sample((n - 1) / fewer, fewer)
    yield
    run.config = whole


def _is_begun(run: Run, stage: str) -> bool:
    stages = run.folder.manifest().get("stages", {})
    return any(name.partition("-")[0] == stage for name in stages)


def _with(config: Config, table: str, **fields: Any) -> Config:
    changed = getattr(config, table).model_copy(update=fields)
    return config.model_copy(update={table: changed})


class _Draws:
    """Decides draws that follow from what a model has still to say: as few succeed, or as many, as
    hardly ever do."""

    def __init__(self, pool: RehearsedPool, way: Way) -> None:
        self._pool, self._most, self._verdict = pool, way.most, way.verdict
        self._drawn: dict[tuple[str, tuple[object, ...]], bool] = {}
        self._n, self._hits = Counter[str](), Counter[str]()

    def __call__(self, what: str, share: float, about: tuple[object, ...]) -> bool | None:
        """Whether it is drawn; None where it can be known."""
        if what == "contrast":
            return False  # It asks nothing.
        if what in ("passed on", "far apart", "taken"):  # It follows from what is still to be said.
            return self._most
        if what == "kept":  # The same, of judges that put figures of other calls together.
            return self._verdict == "YES"
        if self._pool.sample.times == 1 and not self._pool.has_paid_for("rules", "instances"):
            return None
        if what == "meets":
            return self._most  # One more message is written then, without the condition.
        if (what, about) not in self._drawn:
            self._n[what] += 1
            # A request that is put as it is costs less than one that is written.
            up = self._most is not (what == "direct")
            bound = most_drawn if up else least_drawn
            times = self._pool.sample.times
            hits = bound(self._n[what] * times, share) / times
            self._drawn[what, about] = self._hits[what] < (math.ceil(hits) if up else int(hits))
            self._hits[what] += self._drawn[what, about]
        return self._drawn[what, about]


@contextmanager
def _quiet() -> Generator[None]:
    """Print nothing, because nothing that is rehearsed happens."""
    was, console.quiet = console.quiet, True
    try:
        yield
    finally:
        console.quiet = was


_WORKS: dict[str, Work] = {
    **STAGES,
    "train": rehearse_trainings,
    "bench": build,
    "calibrate": stage_calibrate,
    "refusals": stage_refusals,
    "rubrics": stage_rubrics,
    "sets": stage_sets,
}
