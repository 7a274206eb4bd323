"""What a benchmark will ask of its models: the methods and judges themselves are run against a
model that answers nothing and counts.

Least: every reply is as short as can be and judges are understood at once. Most: every reply is as
long as the settings allow, judges are asked again as often as they may be, and methods that can
stop early do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from specloop.bench.answering import Entrant, Tools, make_kit
from specloop.benchmark import BenchRow, Scenario
from specloop.llm.base import Capabilities, Reply, Request
from specloop.methods import Log, Task
from specloop.pipeline.bench_protocol import judging_of, terms_of
from specloop.pipeline.estimate import CHARS_PER_TOKEN, Estimate, Range
from specloop.pipeline.run import Run
from specloop.pipeline.specbench import entrants, scenarios_of, scorer_of, scoring_role
from specloop.records import Message, Sampling
from specloop.sheets import SheetCase, SheetJudge

_ROWS = 5
"""Rows of a scenario that are rehearsed; the others are taken to be like them."""
_LEAST_REPLY = 5


class Amount(NamedTuple):
    """What one role was asked."""

    calls: float = 0.0
    prompt: float = 0.0
    """Tokens, as are those of the completion."""
    completion: float = 0.0

    def plus(self, other: Amount, share: float = 1.0) -> Amount:
        """With so many times the other."""
        return Amount(*(a + share * b for a, b in zip(self, other, strict=True)))


class Rehearsal:
    """A model that answers every request with a text of the same length, and counts."""

    def __init__(self, *, least: bool, native: bool = True) -> None:
        self.name = "rehearsal"
        self.capabilities = Capabilities(native, True, True, True, True, True)
        self.asked = Amount()
        self._least = least
        self._chars = CHARS_PER_TOKEN[0 if least else 1]

    async def aopen(self) -> None:
        """Nothing to find out."""

    async def generate(self, request: Request) -> Reply:
        """Count, and say something of the length."""
        sent = sum(len(m.content) for m in request.messages) + len(request.prefill)
        most = request.sampling.max_tokens
        tokens = min(_LEAST_REPLY, most) if self._least else most
        self.asked = self.asked.plus(Amount(1, sent / self._chars, tokens))
        return Reply(text=_text(tokens * self._chars))

    async def score(self, messages: Sequence[Message], continuation: str) -> tuple[float, ...]:
        """Count."""
        await self.generate(Request(messages=tuple(messages), sampling=Sampling(max_tokens=1)))
        return (-1.0,)

    async def aclose(self) -> None:
        """Nothing to free."""


async def estimate_generate(run: Run) -> list[Estimate]:
    """Calls and tokens by entrant, and those of its scorer."""
    scenarios = scenarios_of(run.config)
    found: list[Estimate] = []
    for entrant in entrants(run.config):
        low, low_scored = await _answering(run, entrant, scenarios, least=True)
        high, high_scored = await _answering(run, entrant, scenarios, least=False)
        stage, scoring = f"generate {entrant.label}", scoring_role(run.config).model
        found.append(_between(stage, "target", entrant.model, low, high))
        if high_scored.calls:
            found.append(_between(stage, "scorer", scoring, low_scored, high_scored))
    return found


async def estimate_judge(run: Run) -> list[Estimate]:
    """Calls and tokens of the judge on every answer of every entrant."""
    grader, scenarios = judging_of(run.config).grader, scenarios_of(run.config)
    low = await _judging(run, grader.judge, scenarios, least=True)
    high = await _judging(run, grader.judge, scenarios, least=False)
    return [_between("judge", "judge", grader.model, low, high)]


async def _answering(
    run: Run, entrant: Entrant, scenarios: Sequence[Scenario], *, least: bool
) -> tuple[Amount, Amount]:
    """What the target and the scorer are asked."""
    terms, scorer = terms_of(run.config, entrant), scorer_of(run.config)
    asked, scored = Amount(), Amount()
    for scenario in scenarios:
        rows = _some(scenario)
        share = len(scenario.rows) * len(terms.samplings) / max(1, len(rows))
        target, scoring = (Rehearsal(least=least, native=least) for _ in range(2))
        tools = Tools(target, terms.wording, scorer, scoring if scorer else None)
        for row in rows:
            kit = make_kit(tools, target, terms.samplings[0], Log())
            entrant.method.check(kit)
            await entrant.method.answer(Task(row.adversarial_prompt, scenario.specs), kit)
        asked, scored = asked.plus(target.asked, share), scored.plus(scoring.asked, share)
    return asked, scored


async def _judging(
    run: Run, judge: SheetJudge, scenarios: Sequence[Scenario], *, least: bool
) -> Amount:
    settings = run.config.specbench
    n = len(entrants(run.config)) * len(settings.seeds)
    answer = _text(_LEAST_REPLY if least else settings.max_tokens * CHARS_PER_TOKEN[1])
    if least and hasattr(judge, "repairs"):
        # Every reply can be read: none is asked for again.
        judge = judge.model_copy(update={"repairs": 0})
    asked = Amount()
    for scenario in scenarios:
        rows, model = _some(scenario), Rehearsal(least=least)
        for row in rows:
            case = SheetCase(
                scenario.specs, row.prompt, answer, scenario.description, row.answer, row.label
            )
            await judge.judge(case, model)
        asked = asked.plus(model.asked, len(scenario.rows) * n / max(1, len(rows)))
    return asked


def _some(scenario: Scenario) -> Sequence[BenchRow]:
    """Rows evenly over the file."""
    return scenario.rows[:: max(1, len(scenario.rows) // _ROWS)]


def _text(n_chars: int) -> str:
    return ("word " * (n_chars // 5 + 1))[:n_chars]


def _between(stage: str, role: str, model: str, low: Amount, high: Amount) -> Estimate:
    ranges = (Range(min(a, b), max(a, b)) for a, b in zip(low, high, strict=True))
    return Estimate(stage, role, model, *ranges)
