"""What an entrant is asked of the rows of a benchmark in SpecBench's form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from specloop.records import Case, Sampling, Scenario, Specs
from specloop.responding.answers import CaseToAnswer
from specloop.responding.base import Task
from specloop.responding.entrant import Entrant


def task_of(entrant: Entrant, row: Case, specs: Specs) -> Task:
    """The task of an entrant for a row."""
    return Task(row.query if entrant.plain else row.request, specs, row.conversation)


def ask_of(entrant: Entrant, row: Case, specs: Specs, sampling: Sampling) -> CaseToAnswer:
    """A row with the record of the entrant's answer, which is still blank."""
    blank = entrant.blank(row.id, sampling)
    by = f"{entrant.label} by {entrant.model}"
    name = f"{by}: {row.scenario}[{row.number}], seed {sampling.seed}"
    return CaseToAnswer(task_of(entrant, row, specs), blank, name)


def asks_of(
    scenarios: Iterable[Scenario], entrant: Entrant, samplings: Sequence[Sampling]
) -> list[CaseToAnswer]:
    """Every row and seed with the record of the entrant's answer, existing or to come."""
    return [
        ask_of(entrant, row, scenario.specs, sampling)
        for scenario in scenarios
        for row in scenario.rows
        for sampling in samplings
    ]
