"""Let an entrant answer the rows of a benchmark in SpecBench's form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from specloop.records import Answer, Case, Failure, Sampling, Scenario, Specs
from specloop.responding.answers import (
    Answering,
    CaseToAnswer,
    EntrantResources,
    answer_all,
    is_failed,
)
from specloop.responding.base import Task
from specloop.responding.entrant import Entrant
from specloop.store import RecordStore


class AnsweringPlan(NamedTuple):
    """What an entrant answers, and where the answers go."""

    folder: RecordStore
    scenarios: Sequence[Scenario]
    samplings: Sequence[Sampling]
    """One sampling per seed."""
    concurrency: int = 16
    max_failures: float = 0.2


async def answer_rows(plan: AnsweringPlan, entrant: Entrant, resources: EntrantResources) -> int:
    """Answer every row that has no answer of this entrant yet (see `answer_all`); how many
    failed."""
    title = f"{entrant.label} by {entrant.model}"
    place = Answering(plan.folder, "generate", title, plan.concurrency, plan.max_failures)
    found = await answer_all(asks_of(plan, entrant, title), entrant, resources, place)
    return sum(isinstance(one, Failure) or is_failed(one) for one in found)


def wanted_ids(plan: AnsweringPlan, entrant: Entrant) -> tuple[str, ...]:
    """The ids of all answers of an entrant in this benchmark, existing or to come."""
    return tuple(ask.blank.id for ask in asks_of(plan, entrant))


def task_of(entrant: Entrant, row: Case, specs: Specs) -> Task:
    """The task of an entrant for a row."""
    return Task(row.query if entrant.plain else row.request, specs, row.conversation)


def blank_answer(entrant: Entrant, case: str, sampling: Sampling) -> Answer:
    """The record of an entrant's answer before there is one: it has its id already."""
    return Answer(
        case=case,
        method=entrant.name,
        settings=dict(entrant.settings),
        model=entrant.model,
        protocol=entrant.protocol,
        sampling=sampling,
        request_digest=entrant.request_digest,
        text="",
    )


def ask_of(entrant: Entrant, row: Case, specs: Specs, sampling: Sampling) -> CaseToAnswer:
    """A row with the record of the entrant's answer, which is still blank."""
    blank = blank_answer(entrant, row.id, sampling)
    name = f"{row.scenario}[{row.number}], seed {sampling.seed}"
    return CaseToAnswer(task_of(entrant, row, specs), blank, name)


def asks_of(plan: AnsweringPlan, entrant: Entrant, title: str = "") -> list[CaseToAnswer]:
    """Every row and seed with the record of its answer, existing or to come."""
    asks = (
        ask_of(entrant, row, scenario.specs, sampling)
        for scenario in plan.scenarios
        for row in scenario.rows
        for sampling in plan.samplings
    )
    return [ask._replace(name=f"{title}: {ask.name}") for ask in asks]
