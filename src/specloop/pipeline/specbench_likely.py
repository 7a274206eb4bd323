"""What a benchmark will likely ask: by means of the answers and judgements in the folder, else by a
rehearsal with replies of a usual length."""

from __future__ import annotations

import random
from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from pydantic import SkipValidation

from specloop.judging.base import Judge, JudgeCase
from specloop.judging.grader import Grader
from specloop.llm.base import Model
from specloop.llm.calls.log import Log
from specloop.pipeline.likely import (
    ALIKE,
    ASSUMED,
    ENOUGH,
    MEASURED,
    ReplyLengths,
    Spread,
    amounts_of,
    chars_per_token,
    lengths_of,
    measured,
)
from specloop.pipeline.rehearsal import Amount, Rehearsal, Silent, Usual
from specloop.pipeline.run import Run
from specloop.pipeline.specbench import scorer_of
from specloop.pipeline.specbench_protocol import Terms
from specloop.records import PLAIN, Answer, Case, Judgement, Scenario
from specloop.responding.answers import EntrantResources
from specloop.responding.base import method_known
from specloop.responding.entrant import Entrant
from specloop.scorers import Scorer, ScorerResult
from specloop.specbench.answering import task_of
from specloop.specbench.cases import JudgeKey
from specloop.specbench.judging import case_of
from specloop.specbench.stored import read_stored

_CALIBRATED = 5
"""Judged answers on which a rehearsal is compared with what was asked."""


class Coming(NamedTuple):
    """Answers of an entrant that are not there yet."""

    entrant: Entrant
    terms: Terms
    scenario: Scenario
    n: int
    rows: Sequence[Case]
    """Some of them, to rehearse on."""
    stored: Sequence[Answer]
    """All answers of its model in the folder."""


class Pile(NamedTuple):
    """Answers to be judged, and those of them on which the judge is rehearsed."""

    cases: Sequence[JudgeCase]
    n: int


class LikelyAmounts(NamedTuple):
    """What is likely, and what it rests on."""

    target: Amount
    """Or the judge."""
    scoring: Amount
    spread: Spread
    basis: str
    answer_chars: float = 0.0
    """Characters of a resulting answer."""


class _ByChance(Scorer):
    """Asks as another scorer does, counts that, and scores by chance: methods that end when scores
    rise no more end as early as they usually do."""

    inner: SkipValidation[Scorer]
    given: SkipValidation[list[float]]
    """The scores so far."""

    async def score(self, case: JudgeCase, model: Model | None) -> ScorerResult:
        """A number in [0, 1)."""
        if self.inner.asks:
            await self.inner.score(case, model)
        drawn = random.Random(f"{len(self.given)} {case.query}")
        self.given.append(drawn.random())
        return ScorerResult(self.given[-1])


class _AllAlike(Scorer):
    """Asks as another scorer does, and finds all answers equally good: methods that end when scores
    rise no more end as early as they can."""

    inner: SkipValidation[Scorer]

    async def score(self, case: JudgeCase, model: Model | None) -> ScorerResult:
        """Always the same."""
        if self.inner.asks:
            await self.inner.score(case, model)
        return ScorerResult(0.0)


async def rehearsed(run: Run, one: Coming, *, least: bool) -> tuple[Amount, Amount]:
    """The least or the most that the target and the scorer are asked."""
    scorer, terms = scorer_of(run.config), one.terms
    if scorer and least:
        scorer = _AllAlike(inner=scorer.at_best())
    elif scorer and not scorer.asks:
        scorer = Silent()
    mark, native = terms.wording.answer_mark, least or terms.wording.thinking_turns is None
    target, scoring = (Rehearsal(least=least, native=native, begun=mark) for _ in range(2))
    for row in one.rows:
        await _answer(one, row, EntrantResources(target, terms.wording, scorer, scoring), Log())
    share = one.n / len(one.rows)
    return Amount().plus(target.asked, share), Amount().plus(scoring.asked, share)


async def likely_answers(run: Run, one: Coming, seen: set[str]) -> LikelyAmounts:
    """What an entrant's answers will take: as much as its own did, else as a rehearsal with replies
    as long as its model's, else as long as published ones. `seen` are the requests of the entrants
    before it, which are paid once."""
    known = measured(one.stored)
    own = [answer for answer in known if _is_own(answer, one)]
    rows = {row.id for row in one.scenario.rows}
    here = [answer for answer in own if answer.case in rows]
    used = here if len(here) >= ENOUGH else own
    known = known if len(known) >= ENOUGH else []
    lengths = lengths_of(known, one.terms.samplings[0].max_tokens, _chars(one, known))
    usually = await _usual(run, one, lengths, seen)
    if len(used) >= ENOUGH:
        means = zip(amounts_of(used), usually.shares, strict=True)
        target, scoring = (Amount().plus(mean, one.n * share) for mean, share in means)
        basis = f"{len(used)} answers of its own in the folder"
        chars = fmean(len(answer.text) for answer in used)
        return LikelyAmounts(target, scoring, MEASURED, basis, chars)
    target, scoring, _ = usually
    spread, basis = ALIKE, f"the length of {lengths.n} answers of {one.entrant.model} in the folder"
    if not lengths.n:
        spread, basis = ASSUMED, _unknown(f"answer of {one.entrant.model}", "published lengths")
    chars = lengths.of("answer") * lengths.chars
    return LikelyAmounts(target, scoring, spread, basis, chars)


def _unknown(what: str, instead: str) -> str:
    return f"{instead}, for the folder has no {what} yet; a few rows (--subset) make it far closer"


def _is_own(answer: Answer, one: Coming) -> bool:
    entrant, sampling = one.entrant, one.terms.samplings[0]
    drawn = answer.sampling.model_copy(update={"seed": sampling.seed})
    mine = (
        entrant.name,
        dict(entrant.settings),
        entrant.protocol,
        entrant.request_digest,
        sampling,
    )
    return mine == (answer.method, answer.settings, answer.protocol, answer.request_digest, drawn)


def _chars(one: Coming, known: Sequence[Answer]) -> float:
    """Characters a token: of the first prompts of answers that were begun with nothing, else by a
    rule of thumb on what will be sent."""
    rows = {row.id: row for row in one.scenario.rows}
    sent = tokens = 0
    for answer in known:
        first = _first_chars(one, answer, rows[answer.case]) if answer.case in rows else 0
        if first:
            sent += first
            tokens += answer.steps[0].prompt_tokens
    specs = [spec.text for spec in one.scenario.specs.listed()]
    return sent / tokens if tokens else chars_per_token([*specs, *map(_asked, one.rows)])


def _first_chars(one: Coming, answer: Answer, row: Case) -> int:
    """Of the first prompt; 0 where it does not follow from the task."""
    plain = answer.settings.get(PLAIN) is False
    task = task_of(one.entrant._replace(plain=plain), row, one.scenario.specs)
    messages = method_known(answer.method).opening(task, one.terms.wording) or ()
    return sum(len(message.written) for message in messages)


def _asked(row: Case) -> str:
    return row.request


class _Usually(NamedTuple):
    """What a rehearsal with usual replies came to, of target and scorer."""

    target: Amount = Amount()
    scoring: Amount = Amount()
    shares: tuple[float, float] = (1.0, 1.0)
    """Calls that no entrant before it has made, of all: target's and scorer's."""


async def _usual(run: Run, one: Coming, lengths: ReplyLengths, seen: set[str]) -> _Usually:
    """With replies of a usual length; the mean of both forms where it is not known which one the
    model has."""
    forms = {answer.form for answer in one.stored} & {"native", "conversational"}
    both = (True,) if one.terms.wording.thinking_turns is None else (True, False)
    rows, natives = one.rows[::2], [form == "native" for form in forms] or both
    done = [
        await _rehearsal(run, one, row, _Replies(native, lengths, seen))
        for native in natives
        for row in rows
    ]
    share = one.n / len(done)
    totals = [Amount() for _ in range(4)]
    for four in done:
        totals = [total.plus(each, share) for total, each in zip(totals, four, strict=True)]
    asked, paid, scored, scores_paid = totals
    parts = ((asked, paid), (scored, scores_paid))
    first, second = (new.calls / all_.calls if all_.calls else 1.0 for all_, new in parts)
    return _Usually(paid, scores_paid, (first, second))


class _Replies(NamedTuple):
    """How the models of a rehearsal reply."""

    native: bool
    lengths: ReplyLengths
    seen: set[str]


async def _rehearsal(
    run: Run, one: Coming, row: Case, replies: _Replies
) -> tuple[Amount, Amount, Amount, Amount]:
    """What the target was asked and would be paid, then the scorer."""
    native, lengths, seen = replies
    log, given = Log(), list[float]()
    usual = Usual(lambda: lengths.of(log.steps[-1].purpose), lengths.chars, seen)
    mark, inner = one.terms.wording.answer_mark, scorer_of(run.config)
    target = Rehearsal(least=True, native=native, begun=mark, usual=usual)
    judge = Rehearsal(least=True, usual=Usual(lambda: 0.0, lengths.chars, seen))
    scorer = inner and _ByChance(inner=inner.at_best(), given=given)
    await _answer(one, row, EntrantResources(target, one.terms.wording, scorer, judge), log)
    written = _written(inner, one.scenario) * len(given)
    new = judge.paid.calls / judge.asked.calls if judge.asked.calls else 0.0
    return (
        target.asked,
        target.paid,
        judge.asked._replace(completion=written),
        judge.paid._replace(completion=written * new),
    )


def _written(scorer: Scorer | None, scenario: Scenario) -> float:
    """Tokens that a scorer's model writes about one answer."""
    return scorer.usual_tokens(len(scenario.specs.listed())) if scorer and scorer.asks else 0.0


async def _answer(one: Coming, row: Case, resources: EntrantResources, log: Log) -> None:
    context = resources.context(one.terms.samplings[0], log)
    one.entrant.method.check(context)
    await one.entrant.method.answer(task_of(one.entrant, row, one.scenario.specs), context)


async def likely_verdicts(run: Run, grader: Grader, piles: Sequence[Pile]) -> LikelyAmounts:
    """What judging will take: a rehearsal, held against what this judge's judgements took."""
    judge, texts = grader.judge.at_best(), [case.response for p in piles for case in p.cases]
    chars = chars_per_token([*texts, *(s.text for c in _first(piles) for s in c.specs)])
    asked = Amount()
    for pile in piles:
        share = pile.n / max(1, len(pile.cases))
        asked = asked.plus(await _rehearsed(judge, pile.cases, chars), share)
    had = [one for one in run.folder.read(Judgement) if JudgeKey.of(one) == JudgeKey.by(grader)]
    known = [one for one in had if one.cost.completion_tokens]
    if len(known) < ENOUGH:
        basis = _unknown(f"judgement by {grader.model}", "the form of its replies")
        return LikelyAmounts(asked, Amount(), ASSUMED, basis)
    factor = await _calibration(run, judge, known, chars)
    target = Amount(*(a * b for a, b in zip(asked, factor, strict=True)))
    return LikelyAmounts(target, Amount(), MEASURED, f"its {len(known)} judgements in the folder")


def _first(piles: Sequence[Pile]) -> list[JudgeCase]:
    return [pile.cases[0] for pile in piles if pile.cases]


async def _rehearsed(judge: Judge, cases: Sequence[JudgeCase], chars: float) -> Amount:
    """A rehearsal that is understood at once, with replies as the judge's form has them."""
    model = Rehearsal(least=True, usual=Usual(lambda: 0.0, chars))
    for case in cases:
        await judge.judge(case, model)
    written = sum(judge.usual_tokens(len(case.undecided)) for case in cases)
    return model.asked._replace(completion=written)


async def _calibration(run: Run, judge: Judge, known: Sequence[Judgement], chars: float) -> Amount:
    """Calls and tokens that judgements took, over those of their rehearsal."""
    stored = read_stored(run.folder)
    answers = {answer.id: answer for answer in stored.answers}
    rows = {row.id: (scenario, row) for scenario in stored.scenarios for row in scenario.rows}
    some = [one for one in known if one.answer in answers]
    some = some[:: max(1, len(some) // _CALIBRATED)]
    cases = [case_of(*rows[a.case], a) for a in (answers[one.answer] for one in some)]
    guessed = await _rehearsed(judge, cases, chars)
    took = (
        Amount(c.n_calls, c.prompt_tokens, c.completion_tokens) for c in (one.cost for one in some)
    )
    total = Amount()
    for one in took:
        total = total.plus(one)
    return Amount(*(a / b if b else 1.0 for a, b in zip(total, guessed, strict=True)))
