# pyright: basic, reportMissingImports=false
"""Turn rows of a benchmark into samples of Inspect, and back.

A sample holds everything that solvers and scorers need, also the specs, so a log can be read and
judged again without the data.
"""

from __future__ import annotations

from inspect_ai.dataset import Sample
from inspect_ai.solver import TaskState

from specloop.llm.backends.inspect_ai.messages import of_inspect, to_inspect
from specloop.records import (
    Case,
    Label,
    Message,
    Scenario,
    ScenarioRow,
    Specs,
    Value,
    beyond_request,
    content_id,
    must_ask,
)

CLUSTER = "cluster"
"""Rows that attack one prompt are not independent: standard errors are clustered by this."""


class About(Value):
    """The metadata of a sample: its row without id, input and target, and its scenario."""

    scenario: str
    label: Label
    source: str
    number: int
    cluster: str
    query: str
    """What the judge sees instead of the input."""
    title: str
    """The scenario's name."""
    description: str
    safety: tuple[str, ...]
    behavioral: tuple[str, ...]


def sample_of(scenario: Scenario, row: Case) -> Sample:
    """The sample of a row. The input is the row's adversarial prompt or conversation, the target
    its reference answer, often empty."""
    about = About(
        scenario=scenario.key,
        label=row.label,
        source=row.source,
        number=row.number,
        cluster=content_id([scenario.key, row.query]),
        query=row.query,
        title=scenario.name,
        description=scenario.description,
        safety=scenario.specs.safety,
        behavioral=scenario.specs.behavioral,
    )
    metadata = about.model_dump(mode="json")
    turns = to_inspect(row.conversation) or row.request
    return Sample(id=row.id, input=turns, target=row.reference, metadata=metadata)


def scenario_of(state: TaskState) -> Scenario:
    """A sample's scenario with its row alone; ValueError if the sample was not made here."""
    about = state.metadata_as(About)
    talk = () if isinstance(state.input, str) else beyond_request(of_inspect(state.input))
    written = ScenarioRow(
        adversarial_prompt=state.input_text,
        prompt=about.query,
        label=about.label,
        source=about.source,
        answer=state.target.text,
        conversation=talk,
    )
    # Inspect keeps the arguments of tool calls, not how they were written.
    update = {"id": str(state.sample_id)}
    row = written.as_case(about.scenario, about.number).model_copy(update=update)
    return Scenario(
        key=about.scenario,
        name=about.title,
        description=about.description,
        specs=Specs(safety=about.safety, behavioral=about.behavioral),
        rows=(row,),
    )


def asked_of(row: Case, turns: tuple[Message, ...]) -> Case:
    """The row with the turns that are actually sent to the model; earlier solvers may have added
    some.

    InputError if they ask for nothing.
    """
    must_ask(turns)
    return row.model_copy(update={"messages": turns, "shown": row.query})
