"""What a benchmark will likely ask of its models: as much as the answers and judgements in the
folder took, else as a rehearsal with replies as long as those, or as the papers', comes to.

What is told from is told with it: a bill without any answer in the folder rests on other people's
models and tasks.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

from specloop.judging.base import Judge, JudgeCase
from specloop.llm.base import Reply
from specloop.llm.calls.cache import StoredCalls
from specloop.pipeline.rehearsal import Amount
from specloop.pipeline.run import Run
from specloop.pipeline.specbench_protocol import Judging
from specloop.pipeline.specbench_rehearsal import (
    Coming,
    Pile,
    Replies,
    Tally,
    Usual,
    rehearse,
    rehearse_judge,
)
from specloop.records import PLAIN, Answer, Case, Judgement
from specloop.responding.base import SCORE, method_known
from specloop.specbench.answering import task_of
from specloop.specbench.cases import EntrantKey, JudgeKey
from specloop.specbench.judging import case_of
from specloop.specbench.stored import read_stored

_ENOUGH = 3
"""Answers or judgements from which means are taken."""
_PUBLISHED: Mapping[str, float] = {
    "answer": 850,
    "candidate": 950,
    "refine": 850,
    "feedback": 1500,
    "think": 350,
    "compare": 1800,
    "advise": 1800,
}
"""Completion tokens a call by purpose, from those an answer takes in SpecBench's paper (Zhang et
al., arXiv 2509.14760): vanilla 798 and 946, 15 candidates 14,231, an answer with 15 reviews and
refinements 37,626, Align3's three calls 1,832, TPO's 19 calls 21,583."""
_OTHER = 850.0
_CALIBRATED = 5
"""Judged answers on which a rehearsal is compared with what was asked."""
_PIECE = re.compile(r"[^\W\d_]+|\d{1,3}|[^\w\s]|_|\n+")


class Spread(NamedTuple):
    """Factors by which the real use may be more or less than the likely one."""

    prompt: float
    completion: float


_MEASURED = Spread(1.3, 1.5)
"""By means of the same entrant or judge."""
_ALIKE = Spread(1.5, 1.73)
"""By means of the same model with other methods: from least to most it is a factor of three."""
_ASSUMED = Spread(2.0, 3.0)
"""By none of the model."""


class Expected(NamedTuple):
    """What is likely, and what it rests on."""

    asked: Amount
    """Of the target, or of the judge."""
    scorer: Amount
    spread: Spread
    basis: str
    cases: Sequence[JudgeCase] = ()
    """Some of the answers, as long as is likely, for their judge."""


async def likely_answers(
    run: Run, one: Coming, stored: StoredCalls, known: Mapping[bool, dict[str, Reply]]
) -> Expected:
    """What an entrant's answers will take: as much as its own did, else as a rehearsal with replies
    as long as its model's, else as long as published ones.

    `known` has the rehearsed replies of models that continue their turns, and of those that do not;
    what entrants before this one have asked is paid once.
    """
    measured = [a for a in one.stored if sum(step.completion_tokens for step in a.steps)]
    key = EntrantKey.of(one.entrant.blank("", one.terms.samplings[0]))
    own = [answer for answer in measured if EntrantKey.of(answer) == key]
    rows = {row.id for row in one.scenario.rows}
    here = [answer for answer in own if answer.case in rows]
    used = here if len(here) >= _ENOUGH else own
    measured = measured if len(measured) >= _ENOUGH else []
    usual = Usual(_lengths(measured, one.terms.samplings[0].max_tokens), _chars(one, measured))
    forms = {answer.form for answer in one.stored} & {"native", "conversational"}
    both = (True,) if one.terms.wording.thinking_turns is None else (True, False)
    natives = [form == "native" for form in forms] or both
    done = [
        await rehearse(run, one, ask, Replies(known[native], stored, native=native, usual=usual))
        for native in natives
        for ask in one.asks[::2]
    ]
    target, scorer = Tally(), Tally()
    cases = [each.case for each in done[: len(one.asks[::2])]]
    for each in done:
        target = target.plus(each.target, one.n / len(done))
        scorer = scorer.plus(each.scorer, one.n / len(done))
    if len(used) >= _ENOUGH:
        basis = f"{len(used)} answers of its own in the folder"
        paid = one.n * target.share, one.n * scorer.share
        return Expected(
            Amount().plus(_mean(used, scoring=False), paid[0]),
            Amount().plus(_mean(used, scoring=True), paid[1]),
            *(_MEASURED, basis, cases),
        )
    model = one.entrant.model
    spread, basis = _ALIKE, f"the length of {len(measured)} answers of {model} in the folder"
    if not measured:
        spread, basis = _ASSUMED, _unknown(f"answer of {model}", "published lengths")
    return Expected(target.paid, scorer.paid, spread, basis, cases)


def _unknown(what: str, instead: str) -> str:
    return f"{instead}, for the folder has no {what} yet; a few rows (--subset) make it far closer"


def _lengths(answers: Sequence[Answer], most: float) -> Callable[[str], float]:
    """Completion tokens by the purpose of a call, from answers of one model with any method."""
    tokens: dict[str, list[int]] = {}
    for step in (step for answer in answers for step in answer.steps if step.purpose != SCORE):
        tokens.setdefault(step.purpose, []).append(step.completion_tokens)
    means = {purpose: fmean(each) for purpose, each in tokens.items()}
    ratios = [mean / _PUBLISHED[name] for name, mean in means.items() if name in _PUBLISHED]
    scale = fmean(ratios) if ratios else 1.0
    return lambda purpose: min(most, means.get(purpose, scale * _PUBLISHED.get(purpose, _OTHER)))


def _mean(answers: Sequence[Answer], *, scoring: bool) -> Amount:
    """What an answer asked of the scorer, or of the target."""
    mine = [s for answer in answers for s in answer.steps if (s.purpose == SCORE) is scoring]
    total = Amount(
        len(mine), sum(s.prompt_tokens for s in mine), sum(s.completion_tokens for s in mine)
    )
    return Amount().plus(total, 1 / len(answers))


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
    return sent / tokens if tokens else chars_per_token([*specs, *(a.task.query for a in one.asks)])


def _first_chars(one: Coming, answer: Answer, row: Case) -> int:
    """Of the first prompt; 0 where it does not follow from the task."""
    plain = answer.settings.get(PLAIN) is False
    task = task_of(one.entrant._replace(plain=plain), row, one.scenario.specs)
    messages = method_known(answer.method).opening(task, one.terms.wording) or ()
    return sum(len(message.written) for message in messages)


def chars_per_token(texts: Sequence[str]) -> float:
    """Of texts like these, by a rule of thumb for tokenizers that models have: common words are one
    token, long ones several, and so are letters beyond ASCII."""
    n_chars = sum(map(len, texts))
    n_tokens = sum(_pieces(match[0]) for text in texts for match in _PIECE.finditer(text))
    return n_chars / n_tokens if n_tokens else 4.0


def _pieces(piece: str) -> int:
    if not piece[0].isalpha():
        return 1
    if piece.isascii():
        return math.ceil(len(piece) / 8)
    return math.ceil(len(piece) / 1.5) if ord(piece[0]) > 0x2E7F else math.ceil(len(piece) / 4)


def _nothing(_: str) -> float:
    """A judge's replies are counted by its form instead."""
    return 0.0


async def likely_verdicts(
    run: Run, judging: Judging, piles: Sequence[Pile], stored: StoredCalls
) -> Expected:
    """What judging will take: a rehearsal, held against what this judge's judgements took."""
    grader, first = judging.grader, [pile.cases[0] for pile in piles if pile.cases]
    texts = [case.response for pile in piles for case in pile.cases]
    chars = chars_per_token([*texts, *(spec.text for case in first for spec in case.specs)])
    judge, usual = grader.judge.at_best(), Usual(_nothing, chars)
    replies, asked = Replies({}, stored, usual=usual), Amount()
    for pile in piles:
        tally = await rehearse_judge(judge, pile.cases, judging.model, replies)
        asked = asked.plus(tally.paid, pile.share)
    own = [one for one in run.folder.read(Judgement) if JudgeKey.of(one) == JudgeKey.by(grader)]
    known = [one for one in own if one.cost.completion_tokens]
    if len(known) < _ENOUGH:
        basis = _unknown(f"judgement by {grader.model}", "the form of its replies")
        return Expected(asked, Amount(), _ASSUMED, basis)
    factor = await _calibration(run, judge, known, Replies({}, usual=usual))
    basis = f"its {len(known)} judgements in the folder"
    calibrated = Amount(*(a * b for a, b in zip(asked, factor, strict=True)))
    return Expected(calibrated, Amount(), _MEASURED, basis)


async def _calibration(
    run: Run, judge: Judge, known: Sequence[Judgement], replies: Replies
) -> Amount:
    """Calls and tokens that judgements took, over those of their rehearsal."""
    stored = read_stored(run.folder)
    answers = {answer.id: answer for answer in stored.answers}
    rows = {row.id: (scenario, row) for scenario in stored.scenarios for row in scenario.rows}
    some = [one for one in known if one.answer in answers]
    some = some[:: max(1, len(some) // _CALIBRATED)]
    cases = [case_of(*rows[a.case], a) for a in (answers[one.answer] for one in some)]
    guessed = (await rehearse_judge(judge, cases, None, replies)).asked
    costs = [one.cost for one in some]
    took = Amount(
        sum(cost.n_calls for cost in costs),
        sum(cost.prompt_tokens for cost in costs),
        sum(cost.completion_tokens for cost in costs),
    )
    return Amount(*(a / b if b else 1.0 for a, b in zip(took, guessed, strict=True)))
