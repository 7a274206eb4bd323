"""Every method on a conversation: the turns keep their roles, and the last one is answered."""

# pyright: basic
from __future__ import annotations

import pytest
from tests.conversations import TALK
from tests.method_context import TASK, Unprefilled, Wishes, context, steps_of

from specloop.errors import InputError
from specloop.judging.base import JudgeCase
from specloop.llm.backends.scripted import ScriptedModel
from specloop.llm.base import Model, Request
from specloop.methods import Task, methods
from specloop.records import Case, Message, ScenarioRow, last_request
from specloop.records.conversation import transcript
from specloop.responding.wording import OURS
from specloop.scorers import ScorerResult

EARLIER = (
    Message(role="system", content="You sell roses."),
    *TALK,
    Message(role="assistant", content="Water them."),
    Message(role="user", content="How often?"),
)
"""The last turn is the user's."""
REVIEWS = ("feedback", "compare", "advise")


def task(turns: tuple[Message, ...]) -> Task:
    return Task(last_request(turns), TASK.specs, turns)


def says(request: Request) -> str:
    return f"Roses {sum(len(m.content) for m in request.messages) % 7}"


class Noting(Wishes):
    """Keeps what it is given to score."""

    async def score(self, case: JudgeCase, model: Model | None) -> ScorerResult:
        _cases.append(case)
        return await super().score(case, model)


_cases: list[JudgeCase] = []


@pytest.mark.parametrize("turns", [TALK, EARLIER], ids=["a tool's result", "a user's turn"])
@pytest.mark.parametrize("kind", [ScriptedModel, Unprefilled])
@pytest.mark.parametrize("name", methods.names())
async def test_every_call_for_an_answer_has_the_whole_conversation(
    name: str, kind: type[ScriptedModel], turns: tuple[Message, ...]
):
    model = kind(says)
    given = context(model, scorer=Noting())
    answer = await methods.build(name).answer(task(turns), given)
    assert answer.text
    specs = () if name == "raw" else OURS.augmented(TASK)[:1]
    purposes = [step.purpose for step in steps_of(given) if step.purpose != "score"]
    assert len(purposes) == len(model.requests)
    for purpose, request in zip(purposes, model.requests, strict=True):
        if purpose in REVIEWS:
            shown = transcript(turns)
            assert shown in request.messages[-1].content
            continue
        *before, last = (*specs, *turns)
        assert request.messages[: len(before)] == tuple(before)
        sent = request.messages[len(before)]
        assert sent.role == last.role
        assert sent.content.startswith(last.content)


@pytest.mark.parametrize("name", ["best_of_n", "tpo", "self_refine"])
async def test_what_chooses_is_given_the_conversation(name: str):
    _cases.clear()
    await methods.build(name).answer(task(TALK), context(ScriptedModel(says), scorer=Noting()))
    assert _cases
    assert {case.conversation for case in _cases} == {TALK}


@pytest.mark.parametrize("kind", [ScriptedModel, Unprefilled])
@pytest.mark.parametrize("name", methods.names())
async def test_a_conversation_of_the_request_alone_asks_what_the_request_does(
    name: str, kind: type[ScriptedModel]
):
    asked = []
    for one in (TASK, TASK._replace(conversation=(Message(role="user", content=TASK.query),))):
        model = kind(says)
        await methods.build(name).answer(one, context(model, scorer=Wishes()))
        asked.append([r.messages for r, _ in zip(model.requests, range(1), strict=False)])
    assert asked[0] == asked[1]


def test_a_row_asks_and_is_judged_by_its_own_request():
    told = ScenarioRow(
        adversarial_prompt=TALK[1].content, prompt="Why?", label="safe", conversation=TALK
    )
    alone = ScenarioRow(adversarial_prompt=TALK[1].content, prompt="Why?", label="safe")
    row, plain = told.as_case("Garden", 0), alone.as_case("Garden", 0)
    assert row.id != plain.id
    assert Case.model_validate_json(row.model_dump_json()) == row
    assert ScenarioRow.of(row) == told
    assert "conversation" not in alone.model_dump()
    with pytest.raises(ValueError, match="must be adversarial_prompt"):
        ScenarioRow.model_validate(told.model_dump() | {"adversarial_prompt": "Else."})
    with pytest.raises(InputError, match="ends with a turn of 'assistant'"):
        ScenarioRow.model_validate(told.model_dump() | {"conversation": EARLIER[:-1]})
