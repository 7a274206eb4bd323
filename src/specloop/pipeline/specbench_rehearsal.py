"""A benchmark rehearsed: its own methods and judges ask a model that answers nothing and counts."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from specloop.draws import drawing
from specloop.judging.base import Judge, JudgeCase
from specloop.llm.base import Capabilities, Reply, Request
from specloop.llm.calls.cache import StoredCalls
from specloop.llm.calls.wrap import Log
from specloop.pipeline.model_pool import ModelRequest
from specloop.pipeline.rehearsal import Amount, ScorerStandIn, reply_before, text_of
from specloop.pipeline.run import Run
from specloop.pipeline.specbench import chooser_of
from specloop.pipeline.specbench_protocol import Terms
from specloop.records import Answer, Message, Sampling, Scenario
from specloop.responding.answers import CaseToAnswer
from specloop.responding.base import MethodContext
from specloop.responding.entrant import Entrant
from specloop.responding.thinking import END
from specloop.responding.wording import NOTHING_TO_CHANGE
from specloop.specbench.judging import case_on

_CHARS_PER_TOKEN = 5
"""Of English, as is usual."""
_LEAST_REPLY = 5
"""Tokens."""


class Coming(NamedTuple):
    """Answers of an entrant that are not there yet."""

    entrant: Entrant
    terms: Terms
    scenario: Scenario
    n: int
    asks: Sequence[CaseToAnswer]
    """Some of them, to rehearse on."""
    stored: Sequence[Answer]
    """All answers of its model in the folder."""


class Pile(NamedTuple):
    """Answers to be judged, and those of them on which the judge is rehearsed."""

    cases: Sequence[JudgeCase]
    n: int

    @property
    def share(self) -> float:
        """How many answers each case stands for."""
        return self.n / max(1, len(self.cases))


class Usual(NamedTuple):
    """How long replies usually are."""

    tokens: Callable[[str], float]
    """By the purpose of a call."""
    chars: float
    """Characters a token."""


class Replies(NamedTuple):
    """How the models of a rehearsal reply, and what is free because it was asked before."""

    known: dict[str, Reply]
    """The replies of this rehearsal so far."""
    stored: StoredCalls | None = None
    """The finished calls of the run; None: nothing is free."""
    least: bool = True
    """Thoughts are ended, judges are understood at once, and methods end as soon as they may;
    otherwise judges are asked again as often as they may be, and methods end as late."""
    native: bool = True
    """Whether the model continues its own turn."""
    usual: Usual | None = None
    """For what is likely: replies of these lengths, understood at once."""

    def decide(self, what: str, share: float, about: tuple[object, ...]) -> bool | None:
        """The least way a cascade passes on nothing, the most way everything."""
        return not self.least if what == "passed on" else None

    def model(
        self, request: ModelRequest | None, begun: str = "", log: Log | None = None
    ) -> Rehearsal:
        """A model that replies so, each answer beginning with `begun`; its calls are in the log."""
        return Rehearsal(self, request.identity if request else "", begun, log)


class Rehearsal:
    """A model that gives every request a text of its own, and counts."""

    def __init__(
        self, replies: Replies, who: str = "", begun: str = "", log: Log | None = None
    ) -> None:
        self.name = "rehearsal"
        self.capabilities = Capabilities(replies.native, True, True, True, True, True)
        self.asked = self.paid = Amount()
        """All, and what was neither asked before nor is stored."""
        self._replies, self._who, self._begun, self._log = replies, who, begun, log

    async def aopen(self) -> None:
        """Nothing to find out."""

    async def generate(self, request: Request) -> Reply:
        """Count, and say something of the usual length."""
        usual = self._replies.usual
        chars = usual.chars if usual else _CHARS_PER_TOKEN
        tokens = usual.tokens(self._log.steps[-1].purpose if self._log else "") if usual else 0.0
        tokens = min(tokens if usual else _LEAST_REPLY, request.sampling.max_tokens)
        sent = sum(len(m.written) for m in request.messages) + len(request.prefill)
        took = Amount(1, sent / chars, tokens)
        self.asked = self.asked.plus(took)
        known, stored = self._replies.known, self._replies.stored
        if stored and (reply := reply_before(request, self._who, known, stored)):
            return reply
        self.paid = self.paid.plus(took)
        reply = Reply(text=self._text(request, round(tokens * chars)))
        known[request.key(self._who)] = reply
        return reply

    def _text(self, request: Request, n_chars: int) -> str:
        """A text that differs from those to other requests, as models give them."""
        least, usual = self._replies.least, self._replies.usual
        ends = END if least and request.prefill and not request.sampling.stop else ""
        satisfied = f"\n{NOTHING_TO_CHANGE}" if least and not usual else ""
        mark = request.key(self._who)
        return f"{ends}{self._begun}{mark}{text_of(n_chars)}{satisfied}"

    async def score(self, messages: Sequence[Message], continuation: str) -> tuple[float, ...]:
        """Count."""
        sampling = Sampling(max_tokens=1)
        request = Request(messages=tuple(messages), prefill=continuation, sampling=sampling)
        await self.generate(request)
        return (-1.0,)

    async def aclose(self) -> None:
        """Nothing to free."""


class Tally(NamedTuple):
    """What a model was asked, and what of it is to be paid."""

    asked: Amount = Amount()
    paid: Amount = Amount()

    @classmethod
    def of(cls, model: Rehearsal, written: float) -> Tally:
        """Of a model whose replies have so many tokens together."""
        paid = model.paid.calls / model.asked.calls if model.asked.calls else 0.0
        asked = model.asked._replace(completion=written)
        return cls(asked, model.paid._replace(completion=paid * written))

    def plus(self, other: Tally, share: float = 1.0) -> Tally:
        """With so many times the other."""
        return Tally(*(a.plus(b, share) for a, b in zip(self, other, strict=True)))

    @property
    def share(self) -> float:
        """The share of the calls that is to be paid."""
        return self.paid.calls / self.asked.calls if self.asked.calls else 1.0


class Rehearsed(NamedTuple):
    """One rehearsed answer: what it took of the target and of the scorer, and its judge's case."""

    target: Tally
    scorer: Tally
    case: JudgeCase


async def rehearse(run: Run, one: Coming, ask: CaseToAnswer, replies: Replies) -> Rehearsed:
    """Have an entrant answer a case."""
    log, by, terms = Log(), chooser_of(run.config), one.terms
    target = replies.model(terms.target, terms.wording.answer_mark, log)
    judge = replies.model(by.request if by else None)
    n_scored = 0

    def value(case: JudgeCase) -> float | None:
        """By chance as usual; the least way all the same, the most way none: methods then end as
        early or as late as they may."""
        nonlocal n_scored
        n_scored += 1
        if not replies.usual:
            return 0.0 if replies.least else None
        return random.Random(f"{n_scored - 1} {case.query}").random()

    scorer = None
    if by:
        inner = by.scorer.at_best() if replies.least else by.scorer
        scorer = ScorerStandIn(inner=inner, value=value)
    context = MethodContext(
        target, terms.wording, scorer, judge, sampling=ask.blank.sampling, log=log
    )
    one.entrant.method.check(context)
    with drawing(replies.decide):
        answer = await one.entrant.method.answer(ask.task, context)
    row = next(row for row in one.scenario.rows if row.id == ask.blank.case)
    asks = by is not None and by.scorer.asks
    written = by.scorer.usual_tokens(len(one.scenario.specs.listed())) if by and asks else 0.0
    return Rehearsed(
        Tally(target.asked, target.paid),
        Tally.of(judge, written * n_scored),
        case_on(one.scenario, row, answer.text),
    )


async def rehearse_judge(
    judge: Judge, cases: Sequence[JudgeCase], request: ModelRequest | None, replies: Replies
) -> Tally:
    """Have a judge judge cases."""
    model = replies.model(request)
    with drawing(replies.decide):
        for case in cases:
            await judge.judge(case, model)
    return Tally.of(model, sum(judge.usual_tokens(len(case.undecided)) for case in cases))
