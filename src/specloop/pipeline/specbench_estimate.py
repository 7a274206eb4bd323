"""What a benchmark will ask of its models: the methods and judges themselves are rehearsed. What is
answered or judged already is left out.

Calls are told from the least to the most that the settings allow; tokens as is likely, by what the
folder has of the same entrants, models and judges.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

from specloop.config import PLAIN
from specloop.files import is_there
from specloop.judging.base import Judge
from specloop.pipeline.amounts import NONE, Estimate, Likely, Range
from specloop.pipeline.likely import Spread
from specloop.pipeline.rehearsal import Amount, Rehearsal, text_of
from specloop.pipeline.run import Run
from specloop.pipeline.specbench import chooser_of, entrants, scenarios_of
from specloop.pipeline.specbench_likely import (
    Coming,
    LikelyAmounts,
    Pile,
    likely_answers,
    likely_verdicts,
    rehearsed,
)
from specloop.pipeline.specbench_protocol import judging_of, terms_of
from specloop.records import Answer
from specloop.responding.answers import is_failed
from specloop.responding.entrant import Entrant
from specloop.specbench.answering import AnsweringPlan, wanted_ids
from specloop.specbench.judging import AnswersToJudge, case_of, case_on, unjudged
from specloop.specbench.stored import SCENARIOS_FILE, bench_answers, read_stored

_ROWS = 5
"""Of a scenario that are rehearsed; the others are taken to be like them."""

_ANY = "An answer."
"""How often a judge asks does not hang on what the answer says."""

T = TypeVar("T")


class _Part(NamedTuple):
    """One line of the bill: its calls, and what is likely."""

    calls: Range = NONE
    likely: Amount = Amount()
    spread: Spread = Spread(1.0, 1.0)
    basis: tuple[str, ...] = ()

    def plus(self, other: _Part) -> _Part:
        """Both together."""
        return _Part(
            self.calls.plus(other.calls),
            self.likely.plus(other.likely),
            self.spread.over(other.spread),
            tuple(dict.fromkeys((*self.basis, *other.basis))),
        )


class _Answers(NamedTuple):
    """Answers to come, with what is likely of them."""

    coming: Coming
    told: LikelyAmounts


async def estimate_run(run: Run) -> list[Estimate]:
    """Of answering, and of judging what is there with what is to come."""
    answers = await _answers(run)
    return [*await _generating(run, answers), *await _judging(run, answers)]


async def estimate_generate(run: Run) -> list[Estimate]:
    """Calls and tokens by entrant, and those of its scorer, for the answers not there yet."""
    return await _generating(run, await _answers(run))


async def estimate_judge(run: Run) -> list[Estimate]:
    """Calls and tokens of the judge on the stored answers that it has not judged yet."""
    return await _judging(run, ())


async def _answers(run: Run) -> list[_Answers]:
    seen: set[str] = set()
    return [_Answers(one, await likely_answers(run, one, seen)) for one in _coming(run)]


async def _generating(run: Run, answers: Sequence[_Answers]) -> list[Estimate]:
    found: dict[tuple[str, str, str], _Part] = {}
    by = chooser_of(run.config)
    scoring = by.request.model if by and by.request else PLAIN
    for one, told in answers:
        stage = f"generate {one.entrant.label}"
        least, most = [await rehearsed(run, one, least=least) for least in (True, False)]
        for place, (role, model) in enumerate((("target", one.entrant.model), ("scorer", scoring))):
            key = stage, role, model
            likely = (told.target, told.scoring)[place]
            calls = Range(*sorted((least[place].calls, most[place].calls)))
            part = _Part(calls, likely, told.spread, (told.basis,))
            found[key] = found.get(key, _Part()).plus(part)
    return [_estimate(*key, part) for key, part in found.items() if part.calls.high]


async def _judging(run: Run, answers: Sequence[_Answers]) -> list[Estimate]:
    grader, judge = judging_of(run.config).grader, judging_of(run.config).grader.judge
    piles = [*_stored(run), *map(_pile, answers)]
    calls = Range(await _calls(judge.at_best(), piles), await _calls(judge.at_worst(), piles))
    if not calls.high:
        return []
    told = await likely_verdicts(run, grader, piles)
    part = _Part(calls, told.target, told.spread, (told.basis,))
    return [_estimate("judge", "judge", grader.model, part)]


def _coming(run: Run) -> Iterator[Coming]:
    stored = tuple(bench_answers(run.folder))
    had = {one.id for one in stored if not is_failed(one)}
    scenarios = scenarios_of(run.config)
    for entrant in entrants(run.config):
        terms = terms_of(run.config, entrant)
        for scenario in scenarios:
            ids = wanted_ids(AnsweringPlan(run.folder, [scenario], terms.samplings), entrant)
            n = sum(id_ not in had for id_ in ids)
            if n:
                mine = _of_model(stored, entrant)
                yield Coming(entrant, terms, scenario, n, _some(scenario.rows), mine)


def _of_model(stored: Sequence[Answer], entrant: Entrant) -> tuple[Answer, ...]:
    return tuple(one for one in stored if one.model == entrant.model and not is_failed(one))


def _stored(run: Run) -> Iterator[Pile]:
    """Stored answers without a judgement, by scenario."""
    if not is_there(run.folder / SCENARIOS_FILE):
        return
    stored, grader = read_stored(run.folder), judging_of(run.config).grader
    for scenario in stored.scenarios:
        rows = {row.id: row for row in scenario.rows}
        left = unjudged(AnswersToJudge(run.folder, [scenario], stored.answers), grader)
        # Methods often come to the same answer: what is asked about it is paid once.
        cases = (case_of(scenario, rows[one.case], one)._replace(answer="") for one in left)
        different = list(dict.fromkeys(cases))
        yield Pile(_some(different), len(different))


def _pile(answers: _Answers) -> Pile:
    """Answers that are not there yet, as long as is likely."""
    one, text = answers.coming, text_of(round(answers.told.answer_chars))
    return Pile([case_on(one.scenario, row, text) for row in one.rows], one.n)


async def _calls(judge: Judge, piles: Sequence[Pile]) -> float:
    """Of a judge that is understood at once, or never."""
    n = 0.0
    for pile in piles:
        model = Rehearsal(least=True)
        for case in pile.cases:
            await judge.judge(case._replace(response=_ANY), model)
        n += model.asked.calls * pile.n / max(1, len(pile.cases))
    return n


def _some(items: Sequence[T]) -> Sequence[T]:
    """Some of them, evenly over all."""
    return items[:: max(1, len(items) // _ROWS)]


def _estimate(stage: str, role: str, model: str, part: _Part) -> Estimate:
    calls, likely, spread, basis = part
    return Estimate(
        stage,
        role,
        model,
        calls,
        _around(likely.prompt, spread.prompt),
        _around(likely.completion, spread.completion),
        Likely(*likely, basis=basis),
    )


def _around(likely: float, factor: float) -> Range:
    return Range(likely / factor, likely * factor)
