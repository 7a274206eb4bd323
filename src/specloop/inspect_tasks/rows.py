# pyright: basic, reportMissingImports=false
"""Rows of a benchmark as samples of Inspect, and back.

A sample holds all that solvers and scorers need, the specs as well: so a log can be read and judged
again without the data.
"""

from __future__ import annotations

from typing import NamedTuple

from inspect_ai.dataset import Sample
from inspect_ai.solver import TaskState

from specloop.benchmark import BenchRow, Label, Scenario, Specs
from specloop.records import Value, content_id

CLUSTER = "cluster"
"""Rows of one prompt before any attack on it are not independent: standard errors go by this."""


class About(Value):
    """Metadata of a sample: its row apart from id, input and target, and its scenario."""

    scenario: str
    label: Label
    source: str
    number: int
    cluster: str
    query: str
    """What the judge sees in place of the input."""
    title: str
    """The scenario's name."""
    description: str
    safety: tuple[str, ...]
    behavioral: tuple[str, ...]


class Place(NamedTuple):
    """A row with its scenario, which has no other rows here."""

    scenario: Scenario
    row: BenchRow


def sample_of(scenario: Scenario, row: BenchRow) -> Sample:
    """The sample whose input is the row's adversarial prompt; the target is its reference answer,
    often empty."""
    about = About(
        scenario=scenario.key,
        label=row.label,
        source=row.source,
        number=row.number,
        cluster=content_id([scenario.key, row.prompt]),
        query=row.prompt,
        title=scenario.name,
        description=scenario.description,
        safety=scenario.specs.safety,
        behavioral=scenario.specs.behavioral,
    )
    metadata = about.model_dump(mode="json")
    return Sample(id=row.id, input=row.adversarial_prompt, target=row.answer, metadata=metadata)


def place_of(state: TaskState) -> Place:
    """The row that a sample was made of; ValueError where it was not made here."""
    about = state.metadata_as(About)
    row = BenchRow(
        scenario=about.scenario,
        adversarial_prompt=state.input_text,
        prompt=about.query,
        label=about.label,
        source=about.source,
        answer=state.target.text,
        number=about.number,
    )
    scenario = Scenario(
        key=about.scenario,
        name=about.title,
        description=about.description,
        specs=Specs(safety=about.safety, behavioral=about.behavioral),
        rows=(row,),
    )
    return Place(scenario, row)
