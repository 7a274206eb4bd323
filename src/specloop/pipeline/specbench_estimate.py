"""What a benchmark will ask of its models: the methods and judges themselves are rehearsed. What is
answered, judged or stored already is left out.

Calls are told from the least to the most that the settings allow; tokens as is likely, by what the
folder has of the same entrants, models and judges.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import reduce
from itertools import groupby
from typing import NamedTuple, TypeVar

from specloop.config import PLAIN
from specloop.files import is_there
from specloop.judging.base import JudgeCase
from specloop.llm.base import Reply
from specloop.llm.calls.cache import StoredCalls
from specloop.pipeline.amounts import NONE, Estimate, Likely, Range
from specloop.pipeline.rehearsal import Amount
from specloop.pipeline.run import Run
from specloop.pipeline.specbench import chooser_of, entrants, scenarios_of
from specloop.pipeline.specbench_likely import Expected, Spread, likely_answers, likely_verdicts
from specloop.pipeline.specbench_protocol import judging_of, terms_of
from specloop.pipeline.specbench_rehearsal import (
    Coming,
    Pile,
    Replies,
    Tally,
    rehearse,
    rehearse_judge,
)
from specloop.responding.answers import is_failed
from specloop.specbench.answering import asks_of
from specloop.specbench.judging import case_of, unjudged
from specloop.specbench.stored import SCENARIOS_FILE, bench_answers, read_stored

_ROWS = 5
"""Of a scenario that are rehearsed; the others are taken to be like them."""

_ANY = "An answer."
"""How often a judge asks does not hang on what the answer says."""

T = TypeVar("T")


class _Answers(NamedTuple):
    """Answers to come: the calls that they take, and what is likely of them."""

    coming: Coming
    target: Range
    scorer: Range
    expected: Expected
    shortest: Sequence[JudgeCase]
    """Some of them, as the least way has them."""


async def estimate_run(run: Run) -> list[Estimate]:
    """Of answering, and of judging what is there with what is to come."""
    with closing(StoredCalls(run.pool.files.cache)) as stored:
        answers = await _answers(run, stored)
        return [*_generating(run, answers), *await _judging(run, answers, stored)]


async def estimate_generate(run: Run) -> list[Estimate]:
    """Calls and tokens by entrant, and those of its scorer, for the answers not there yet."""
    with closing(StoredCalls(run.pool.files.cache)) as stored:
        return _generating(run, await _answers(run, stored))


async def estimate_judge(run: Run) -> list[Estimate]:
    """Calls and tokens of the judge on the stored answers that it has not judged yet."""
    with closing(StoredCalls(run.pool.files.cache)) as stored:
        return await _judging(run, (), stored)


async def _answers(run: Run, stored: StoredCalls) -> list[_Answers]:
    """Rehearse all answers to come. What several entrants ask is paid once, but for the most."""
    least, most = Replies({}, stored), Replies({}, least=False)
    usual: dict[bool, dict[str, Reply]] = {True: {}, False: {}}
    answers: list[_Answers] = []
    for one in _coming(run):
        hard = most._replace(native=one.terms.wording.thinking_turns is None)
        low = [await rehearse(run, one, ask, least) for ask in one.asks]
        high = [await rehearse(run, one, ask, hard) for ask in one.asks]
        target = _calls(one, [done.target for done in low], [done.target for done in high])
        scorer = _calls(one, [done.scorer for done in low], [done.scorer for done in high])
        expected = await likely_answers(run, one, stored, usual)
        answers.append(_Answers(one, target, scorer, expected, [done.case for done in low]))
    return answers


def _calls(one: Coming, low: Iterable[Tally], high: Iterable[Tally]) -> Range:
    share = one.n / len(one.asks)
    return Range(
        share * sum(tally.paid.calls for tally in low),
        share * sum(tally.asked.calls for tally in high),
    )


def _generating(run: Run, answers: Sequence[_Answers]) -> list[Estimate]:
    by = chooser_of(run.config)
    scoring = by.request.model if by and by.request else PLAIN
    lines: list[Estimate] = []
    for (label, model), group in groupby(answers, _of_whom):
        mine = list(group)
        expected = [one.expected for one in mine]
        line = f"generate {label}", "target", model
        lines.append(_estimate(line, [one.target for one in mine], expected))
        line = f"generate {label}", "scorer", scoring
        of_scorer = [one._replace(asked=one.scorer) for one in expected]
        lines.append(_estimate(line, [one.scorer for one in mine], of_scorer))
    return [line for line in lines if line.calls.high]


def _of_whom(one: _Answers) -> tuple[str, str]:
    return one.coming.entrant.label, one.coming.entrant.model


async def _judging(run: Run, answers: Sequence[_Answers], stored: StoredCalls) -> list[Estimate]:
    judging, there = judging_of(run.config), list(_stored(run))
    judge, least, most = judging.grader.judge, Replies({}, stored), Replies({}, least=False)
    low = high = 0.0

    def shown(cases: Sequence[JudgeCase]) -> list[JudgeCase]:
        return [judging.grader.guides.shown(case) for case in cases]

    there = [pile._replace(cases=shown(pile.cases)) for pile in there]
    for pile in [*there, *(Pile(shown(one.shortest), one.coming.n) for one in answers)]:
        tally = await rehearse_judge(judge.at_best(), pile.cases, judging.model, least)
        low += pile.share * tally.paid.calls
        cases = [case._replace(response=_ANY) for case in pile.cases]
        tally = await rehearse_judge(judge.at_worst(), cases, judging.model, most)
        high += pile.share * tally.asked.calls
    if not high:
        return []
    piles = [*there, *(Pile(shown(one.expected.cases), one.coming.n) for one in answers)]
    expected = await likely_verdicts(run, judging, piles, stored)
    return [_estimate(("judge", "judge", judging.grader.model), [Range(low, high)], [expected])]


def _coming(run: Run) -> Iterator[Coming]:
    known = [answer for answer in bench_answers(run.folder) if not is_failed(answer)]
    ids = {answer.id for answer in known}
    scenarios = scenarios_of(run.config)
    for entrant in entrants(run.config):
        terms = terms_of(run.config, entrant)
        mine = [answer for answer in known if answer.model == entrant.model]
        for scenario in scenarios:
            every = asks_of([scenario], entrant, terms.samplings)
            asks = [ask for ask in every if ask.blank.id not in ids]
            if asks:
                yield Coming(entrant, terms, scenario, len(asks), _some(asks), mine)


def _stored(run: Run) -> Iterator[Pile]:
    """Stored answers without a judgement, by scenario."""
    if not is_there(run.folder / SCENARIOS_FILE):
        return
    stored, grader = read_stored(run.folder), judging_of(run.config).grader
    for scenario in stored.scenarios:
        rows = {row.id: row for row in scenario.rows}
        left = unjudged(stored._replace(scenarios=(scenario,)), grader)
        # Methods often come to the same answer: what is asked about it is paid once.
        cases = (case_of(scenario, rows[one.case], one)._replace(answer="") for one in left)
        different = list({repr(case): case for case in cases}.values())
        yield Pile(_some(different), len(different))


def _some(items: Sequence[T]) -> Sequence[T]:
    """Some of them, evenly over all."""
    return items[:: max(1, len(items) // _ROWS)]


def _estimate(
    line: tuple[str, str, str], ranges: Iterable[Range], expected: Sequence[Expected]
) -> Estimate:
    """One line of the bill, a stage, role and model, from the calls and likely use of its parts."""
    calls = reduce(Range.plus, ranges, NONE)
    likely = reduce(Amount.plus, (one.asked for one in expected), Amount())
    spread = Spread(*map(max, zip(*(one.spread for one in expected), strict=True)))
    basis = tuple(dict.fromkeys(one.basis for one in expected))
    prompt = _around(likely.prompt, spread.prompt)
    completion = _around(likely.completion, spread.completion)
    return Estimate(*line, calls, prompt, completion, Likely(*likely, basis=basis))


def _around(likely: float, factor: float) -> Range:
    return Range(likely / factor, likely * factor)
