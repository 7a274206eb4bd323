"""Answers of one entrant to the rows of a benchmark, resumed by what the folder has."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence, Set
from typing import NamedTuple

from specloop.ended import NOTHING, silence, with_remedy
from specloop.items import Loop, each, local
from specloop.llm.base import Model, Reply, Request
from specloop.llm.calls.calls import replays
from specloop.llm.calls.wrap import Wrapper
from specloop.records import (
    Answer,
    Case,
    Cost,
    Failure,
    Judgement,
    Record,
    Sampling,
    Scenario,
    Specs,
    Step,
    Timing,
    last_request,
)
from specloop.responding.base import Log, MethodContext, Task, Wording
from specloop.responding.entrant import Entrant
from specloop.scorers import Scorer
from specloop.store import RunFolder
from specloop.tolerance import Legibility

_TAGS = re.compile(r"</?think>")


class AnsweringPlan(NamedTuple):
    """Where an entrant answers."""

    folder: RunFolder
    scenarios: Sequence[Scenario]
    samplings: Sequence[Sampling]
    """One a seed."""
    concurrency: int = 16
    max_failures: float = 0.2


class EntrantResources(NamedTuple):
    """The models and texts that an entrant answers with."""

    model: Model
    wording: Wording
    scorer: Scorer | None = None
    scoring_model: Model | None = None
    continuer: Model | None = None


class RowToAnswer(NamedTuple):
    """One row to be answered; `id` is that of the answer."""

    scenario: Scenario
    row: Case
    sampling: Sampling
    id: str


def task_of(entrant: Entrant, row: Case, specs: Specs) -> Task:
    """What an entrant is asked of a row."""
    return Task(row.query if entrant.plain else row.request, specs, row.conversation)


async def deliberate(bench: AnsweringPlan, entrant: Entrant, resources: EntrantResources) -> int:
    """Answer every row that has no answer of this entrant yet; how many failed.

    An answer is written once it and all before it are there. A failed one, and one in which nothing
    came, is recorded in `failures.jsonl` and tried again at the next run, from the call store where
    it has the replies. RunStoppedError where too large a share fails, or where the scorer that
    chooses cannot be read. In the reference protocol an answer in which nothing came is an answer.
    """
    every = _asks(bench, entrant)
    had = {one.id: one for one in bench.folder.read(Answer) if not is_failed(one)}
    _forget(bench.folder, {ask.id for ask in every} - had.keys())
    title = f"{entrant.label} by {entrant.model}"
    entrant.method.check(method_context(resources, resources.model, bench.samplings[0], Log()))
    legibility = Legibility(f"{title}: choices", bench.max_failures, len(every))

    async def answer(ask: RowToAnswer) -> Answer:
        return await answer_row(ask, entrant, resources)

    def seen(_: RowToAnswer, answer: Answer | Failure) -> None:
        if isinstance(answer, Answer):
            legibility.add(_unchosen(answer))

    loop = Loop[RowToAnswer, Answer](
        title,
        "generate",
        lambda ask: f"{title}: {ask.row.scenario}[{ask.row.number}], seed {ask.sampling.seed}",
        local(bench.concurrency),
        bench.max_failures,
        record_id=lambda ask: ask.id,
        had=lambda ask: had.get(ask.id),
        failing=lambda answer: with_remedy(answer.end) if is_failed(answer) else "",
        record=bench.folder.append,
        keep=lambda due: bench.folder.append(r for _, answer in due for r in _kept(answer)),
        seen=seen,
    )
    answers = await each(answer, every, loop)
    return sum(isinstance(one, Failure) or is_failed(one) for one in answers)


def _kept(answer: Answer) -> list[Record]:
    """An answer as it is written, with its time beside it. A failed one is made again."""
    cost = answer.cost.model_copy(update={"wall_s": 0.0})
    bare = answer.model_copy(update={"cost": cost})
    if is_failed(answer) or not answer.cost.wall_s:
        return [bare]
    return [bare, Timing(answer=answer.id, wall_s=answer.cost.wall_s)]


def _unchosen(answer: Answer) -> str:
    """Why nothing was chosen where something should have been; else empty."""
    if not answer.scores or any(score is not None for score in answer.scores):
        return ""
    return f"the scorer could tell nothing of any of {len(answer.scores)} answers to choose among"


def is_failed(answer: Answer) -> bool:
    """Whether it is no answer: nothing came. The reference protocol takes nothing for one."""
    return answer.end in NOTHING and answer.protocol != "reference"


def _forget(folder: RunFolder, ids: Set[str]) -> None:
    """Make place for answers that are given again, and for what is judged of them."""
    old = folder.read(Answer)
    if ids.isdisjoint(one.id for one in old):
        return
    # Judgements first: after a kill in between it is seen that the answers are still to go.
    judged = folder.read(Judgement)
    folder.replace(Judgement, [one for one in judged if one.answer not in ids])
    folder.replace(Answer, [one for one in old if one.id not in ids])


def wanted_ids(bench: AnsweringPlan, entrant: Entrant) -> tuple[str, ...]:
    """Ids of the answers that an entrant has, or is still to have, in this benchmark."""
    return tuple(ask.id for ask in _asks(bench, entrant))


class _Overheard(Wrapper):
    """Keeps the user's turn of each request in `heard`."""

    def __init__(self, inner: Model, heard: list[str]) -> None:
        super().__init__(inner)
        self._heard = heard

    async def generate(self, request: Request) -> Reply:
        """Pass the request on."""
        self._heard.append(last_request(request.messages))
        return await self.inner.generate(request)


def _asks(bench: AnsweringPlan, entrant: Entrant) -> list[RowToAnswer]:
    return [
        RowToAnswer(scenario, row, sampling, _blank(row, entrant, sampling).id)
        for scenario in bench.scenarios
        for row in scenario.rows
        for sampling in bench.samplings
    ]


def _blank(row: Case, entrant: Entrant, sampling: Sampling) -> Answer:
    """The record without its answer: it has its id already."""
    return Answer(
        case=row.id,
        method=entrant.name,
        settings=dict(entrant.settings),
        model=entrant.model,
        protocol=entrant.protocol,
        sampling=sampling,
        request_digest=entrant.request_digest,
        text="",
    )


async def answer_row(ask: RowToAnswer, entrant: Entrant, resources: EntrantResources) -> Answer:
    """What the entrant makes of one row; ModelError where a call failed."""
    task, log = task_of(entrant, ask.row, ask.scenario.specs), Log()
    heard: list[str] = []
    continuer = _Overheard(resources.continuer, heard) if resources.continuer else None
    listening = resources._replace(continuer=continuer)
    context = method_context(listening, _Overheard(resources.model, heard), ask.sampling, log)
    start = time.monotonic()
    with replays() as replayed:
        found = await entrant.method.answer(task, context)
    wall_s = 0.0 if replayed else time.monotonic() - start
    update = found._asdict() | {
        "silent": silence(found.text, found.finish, _TAGS.sub("", found.thought)),
        "prompt": heard[0] if heard else "",
        "steps": log.steps,
        "paper_tokens": entrant.method.paper_tokens(log.steps).completion,
        "cost": billed(log.steps).model_copy(update={"wall_s": wall_s}),
    }
    return _blank(ask.row, entrant, ask.sampling).model_copy(update=update)


def method_context(
    resources: EntrantResources, model: Model, sampling: Sampling, log: Log
) -> MethodContext:
    """What a method works with."""
    return MethodContext(
        model=model,
        sampling=sampling,
        wording=resources.wording,
        scorer=resources.scorer,
        scoring_model=resources.scoring_model,
        continuer=resources.continuer,
        log=log,
    )


def billed(steps: Sequence[Step]) -> Cost:
    """All that calls took."""
    return Cost(
        n_calls=len(steps),
        prompt_tokens=sum(s.prompt_tokens for s in steps),
        cached_tokens=sum(s.cached_tokens for s in steps),
        completion_tokens=sum(s.completion_tokens for s in steps),
        reasoning_tokens=sum(s.reasoning_tokens for s in steps),
    )
