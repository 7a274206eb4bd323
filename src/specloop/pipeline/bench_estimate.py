"""What a benchmark will ask of its models: the methods and judges themselves are rehearsed. What is
answered or judged already is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

from specloop.bench.answering import Bench, Entrant, Tools, make_kit, wanted_ids
from specloop.bench.judging import Papers, case_of, unjudged
from specloop.bench.stored import read_stored
from specloop.benchmark import BenchRow, Deliberation, Scenario
from specloop.llm.base import Model
from specloop.methods import Log
from specloop.pipeline.bench_protocol import Terms, judging_of, terms_of
from specloop.pipeline.estimate import CHARS_PER_TOKEN, Estimate, Range
from specloop.pipeline.rehearsal import LEAST_REPLY, Amount, Rehearsal, text_of
from specloop.pipeline.run import Run
from specloop.pipeline.specbench import entrants, scenarios_of, scorer_of, scoring_role
from specloop.scorers import ScoreCase, Scorer
from specloop.sheets import SheetCase, SheetJudge

_ROWS = 5
"""Of a scenario that are rehearsed; the others are taken to be like them."""

T = TypeVar("T")


class _Coming(NamedTuple):
    """Answers of an entrant that are not there yet."""

    entrant: Entrant
    terms: Terms
    scenario: Scenario
    n: int


class _Pile(NamedTuple):
    """Answers to be judged, and those of them on which the judge is rehearsed."""

    cases: Sequence[SheetCase]
    n: int


async def estimate_run(run: Run) -> list[Estimate]:
    """Of answering, and of judging what is there with what is to come."""
    return [*await estimate_generate(run), *await _estimate_judge(run, coming=True)]


async def estimate_generate(run: Run) -> list[Estimate]:
    """Calls and tokens by entrant, and those of its scorer, for the answers not there yet."""
    found: dict[tuple[str, str, str], tuple[Amount, Amount]] = {}
    scoring = scoring_role(run.config).model
    for one in _coming(run):
        low, high = [await _answering(run, one, least=least) for least in (True, False)]
        stage = f"generate {one.entrant.label}"
        parts = (("target", one.entrant.model), ("scorer", scoring))
        for (role, model), least, most in zip(parts, low, high, strict=True):
            had = found.get((stage, role, model), (Amount(), Amount()))
            found[stage, role, model] = had[0].plus(least), had[1].plus(most)
    return [_between(*key, *amounts) for key, amounts in found.items() if amounts[1].calls]


async def estimate_judge(run: Run) -> list[Estimate]:
    """Calls and tokens of the judge on the stored answers that it has not judged yet."""
    return await _estimate_judge(run, coming=False)


async def _estimate_judge(run: Run, *, coming: bool) -> list[Estimate]:
    grader = judging_of(run.config).grader
    low, high = [
        await _judging(
            grader.judge, [*_stored(run), *(_to_come(run, least) if coming else ())], least
        )
        for least in (True, False)
    ]
    return [_between("judge", "judge", grader.model, low, high)] if high.calls else []


def _coming(run: Run) -> Iterator[_Coming]:
    had = {one.id for one in run.folder.read(Deliberation)}
    scenarios = scenarios_of(run.config)
    for entrant in entrants(run.config):
        terms = terms_of(run.config, entrant)
        for scenario in scenarios:
            ids = wanted_ids(Bench(run.folder, [scenario], terms.samplings), entrant)
            n = sum(id_ not in had for id_ in ids)
            if n:
                yield _Coming(entrant, terms, scenario, n)


class _Silent(Scorer):
    """In the place of a scorer that asks nobody."""

    asks = False

    async def score(self, case: ScoreCase, model: Model | None) -> float | None:
        """Nothing."""


async def _answering(run: Run, one: _Coming, *, least: bool) -> tuple[Amount, Amount]:
    """What the target and the scorer are asked."""
    scorer, rows = scorer_of(run.config), _some(one.scenario.rows)
    scorer = scorer.at_best() if scorer and least else scorer
    if scorer and not scorer.asks:
        scorer = _Silent()
    mark = one.terms.wording.answer_mark
    target, scoring = (Rehearsal(least=least, native=least, begun=mark) for _ in range(2))
    tools = Tools(target, one.terms.wording, scorer, scoring if scorer else None)
    for row in rows:
        kit = make_kit(tools, target, one.terms.samplings[0], Log())
        one.entrant.method.check(kit)
        await one.entrant.method.answer(one.entrant.task(row, one.scenario.specs), kit)
    share = one.n / len(rows)
    return Amount().plus(target.asked, share), Amount().plus(scoring.asked, share)


def _stored(run: Run) -> Iterator[_Pile]:
    """Stored answers without a judgement, by scenario."""
    if not run.folder.has(Deliberation):
        return
    stored, grader = read_stored(run.folder), judging_of(run.config).grader
    for scenario in stored.scenarios:
        rows = {row.id: row for row in scenario.rows}
        left = unjudged(Papers(run.folder, [scenario], stored.deliberations), grader)
        cases = [case_of(scenario, rows[one.row], one) for one in _some(left)]
        yield _Pile(cases, len(left))


def _to_come(run: Run, least: bool) -> Iterator[_Pile]:
    """Answers that are not there yet, as short or as long as they can be."""
    n_chars = run.config.specbench.max_tokens * CHARS_PER_TOKEN[1]
    text = text_of(LEAST_REPLY if least else n_chars)
    for one in _coming(run):
        yield _Pile([_case(one.scenario, row, text) for row in _some(one.scenario.rows)], one.n)


def _case(scenario: Scenario, row: BenchRow, text: str) -> SheetCase:
    return SheetCase(scenario.specs, row.prompt, text, scenario.description, row.answer, row.label)


async def _judging(judge: SheetJudge, piles: Sequence[_Pile], least: bool) -> Amount:
    judge = judge.at_best() if least else judge.at_worst()
    asked = Amount()
    for pile in piles:
        model = Rehearsal(least=least)
        for case in pile.cases:
            await judge.judge(case, model)
        asked = asked.plus(model.asked, pile.n / max(1, len(pile.cases)))
    return asked


def _some(items: Sequence[T]) -> Sequence[T]:
    """Some of them, evenly over all."""
    return items[:: max(1, len(items) // _ROWS)]


def _between(stage: str, role: str, model: str, low: Amount, high: Amount) -> Estimate:
    ranges = (Range(min(a, b), max(a, b)) for a, b in zip(low, high, strict=True))
    return Estimate(stage, role, model, *ranges)
