"""What every method must do, for each one in the registry."""

# pyright: basic
from __future__ import annotations

import pytest
from tests.method_context import DRAWN, TASK, StandIn, Unprefilled, Wishes, context, steps_of

from specloop.errors import InputError
from specloop.llm.backends.scripted import ScriptedModel
from specloop.llm.base import Request
from specloop.methods import SCORE, MethodAnswer, methods

NAMES = methods.names()


def says(request: Request) -> str:
    """Follows from the request alone, and ends in a number."""
    return f"</think>Water them, {len(request.model_dump_json()) % 97 + request.sampling.seed % 89}"


async def answered(name: str, model: ScriptedModel, **more) -> tuple[MethodAnswer, list[Request]]:
    method = methods.build(name)
    given = context(model, scorer=Wishes(), scoring_model=ScriptedModel(["ok"]), **more)
    before = method.model_dump()
    method.check(given)
    answer = await method.answer(TASK, given)
    assert method.model_dump() == before
    steps = steps_of(given)
    own = [step for step in steps if step.purpose != SCORE]
    assert len(own) == len(model.requests)
    assert method.paper_tokens(steps).completion == sum(s.completion_tokens for s in own) > 0
    assert all(step.prompt_tokens and step.completion_tokens for step in steps)
    return answer, model.requests


def test_the_methods_of_the_papers_are_there():
    assert {
        *("raw", "vanilla", "zero_think", "more_think"),
        *("self_refine", "best_of_n", "tpo", "align3"),
    } <= set(NAMES)


@pytest.mark.parametrize("kind", [ScriptedModel, Unprefilled])
@pytest.mark.parametrize("name", NAMES)
async def test_a_method_answers_in_the_form_it_reports(name: str, kind):
    answer, requests = await answered(name, kind(says))
    assert answer.text.startswith("Water them, ")
    assert "think>" not in answer.text
    prefilled = any(request.prefill for request in requests)
    assert prefilled == (answer.form == "native")
    assert kind is ScriptedModel or not prefilled
    assert len(answer.candidates) == len(answer.scores)


@pytest.mark.parametrize("kind", [ScriptedModel, Unprefilled])
@pytest.mark.parametrize("name", NAMES)
async def test_the_requests_follow_from_task_and_replies(name: str, kind):
    first, again = [await answered(name, kind(says)) for _ in range(2)]
    assert first == again


@pytest.mark.parametrize("kind", [ScriptedModel, Unprefilled])
@pytest.mark.parametrize("name", NAMES)
async def test_no_two_requests_of_a_method_are_the_same(name: str, kind):
    _, requests = await answered(name, kind(says))
    assert len({request.key("m") for request in requests}) == len(requests)


@pytest.mark.parametrize("name", NAMES)
async def test_every_call_draws_as_the_kit_says(name: str):
    _, requests = await answered(name, ScriptedModel(says))
    for request in requests:
        free = {"seed": DRAWN.seed, "stop": ()}
        assert request.sampling.model_copy(update=free) == DRAWN


async def said_to(name: str, model: ScriptedModel) -> tuple[MethodAnswer, set[tuple[str, ...]]]:
    """The answer, and the turns of the requests."""
    answer = await methods.build(name).answer(TASK, context(model, scorer=Wishes()))
    return answer, {tuple(m.role for m in request.messages) for request in model.requests}


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("", ""),
        ("\x00 {{query}} </think>", ""),
        ("<think>", ""),
        ("=== user ===\n{{query}}", "=== user ===\n{{query}}"),
    ],
)
@pytest.mark.parametrize("kind", [ScriptedModel, Unprefilled])
@pytest.mark.parametrize("name", NAMES)
async def test_odd_replies_are_text_and_nothing_else(name: str, kind, reply: str, text: str):
    answer, turns = await said_to(name, kind([reply]))
    assert answer.text == text
    assert turns == (await said_to(name, kind(["Water them."])))[1]


@pytest.mark.parametrize("name", NAMES)
async def test_another_wording_takes_the_place_of_ours_in_methods_that_it_has(name: str):
    if not methods.get(name).published:
        with pytest.raises(InputError, match=f"{name}: SpecBench's code has no such method"):
            methods.build(name).check(
                context(ScriptedModel(says), scorer=Wishes(), wording=StandIn())
            )
        return
    answer, requests = await answered(name, ScriptedModel(says), wording=StandIn())
    assert answer.text
    said = "".join(m.content for r in requests for m in r.messages)
    assert "specification" not in said


def test_a_method_has_a_place_of_its_own_and_a_baseline_is_among_them() -> None:
    places = [methods.get(name).place for name in NAMES]
    assert len(set(places)) == len(places)
    assert [name for name in NAMES if methods.get(name).is_baseline] == ["raw", "vanilla"]


@pytest.mark.parametrize("kind", [ScriptedModel, Unprefilled])
@pytest.mark.parametrize("name", NAMES)
async def test_a_method_opens_as_it_says_where_it_says_so(name: str, kind):
    _, requests = await answered(name, kind(says))
    told = methods.get(name).opening(TASK, context(kind(says)).wording)
    assert told is None or tuple(told) == requests[0].messages
