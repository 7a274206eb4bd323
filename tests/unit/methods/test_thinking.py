"""Thinking on: what is sent, how it is joined, and where the answer is found."""

# pyright: basic
from __future__ import annotations

import pytest
from tests.method_context import (
    DRAWN,
    TASK,
    Exact,
    StandIn,
    Unprefilled,
    context,
    scripted,
    steps_of,
)

from specloop.errors import InputError, ModelError
from specloop.llm.backends.scripted import ScriptedModel
from specloop.llm.base import Reply
from specloop.methods import methods
from specloop.responding.wording import OURS

STOP = ("</think>",)


async def run(table, model, **more):
    return await methods.build(table).answer(TASK, context(model, **more))


def sent(model: ScriptedModel) -> list[tuple[str, tuple[str, ...]]]:
    return [(request.prefill, request.sampling.stop) for request in model.requests]


async def test_align3_joins_thought_and_openings_as_published():
    model = ScriptedModel([" plan A. \n", "\nplan B.", " plan C.\n</think>\n\nRoses."])
    answer = await run("align3", model, wording=StandIn())
    one = "<think>[behavioral: 4] So"
    two = f"{one} plan A.\n\n[safety: 4] So"
    three = f"{two}\nplan B.\n\n[both: 4] So"
    assert sent(model) == [(one, STOP), (two, STOP), (three, ())]
    assert {request.messages for request in model.requests} == {StandIn().augmented(TASK)}
    assert (answer.text, answer.thought) == ("Roses.", f"{three} plan C.")
    assert answer.form == "native"


async def test_a_review_is_about_all_specs_and_lists_none_of_them_again():
    prefixes: list[str] = []
    for last in ("both", "review"):
        model = ScriptedModel([" a", " b", " c</think>d"])
        await run({"name": "align3", "steps": ["behavioral", "safety", last]}, model)
        prefixes.append(model.requests[-1].prefill)
    listed = [sum(prefix.count(spec) for spec in TASK.specs.safety) for prefix in prefixes]
    assert listed == [2 * len(TASK.specs.safety), len(TASK.specs.safety)]


async def test_short_thoughts_are_ended_and_the_answer_is_a_call_of_its_own():
    table = {"name": "align3", "thought_tokens": 7}
    model = ScriptedModel([" a", " b", " c", "Roses."])
    answer = await run(table, model)
    usual = DRAWN.max_tokens
    assert [one.sampling.max_tokens for one in model.requests] == [7, 7, 7, usual]
    assert model.requests[-1].prefill.endswith(f" c{OURS.close_thought}")
    assert (answer.text, answer.form) == ("Roses.", "native")
    model = Unprefilled(["a", "b", "c", "Roses."])
    assert (await run(table, model)).text == "Roses."
    assert [one.sampling.max_tokens for one in model.requests] == [7, 7, 7, usual]
    with pytest.raises(InputError, match="option 'thought_tokens'"):
        await run(table, ScriptedModel([]), wording=StandIn())


async def test_the_published_procedure_has_no_review():
    with pytest.raises(InputError, match="no step 'review'"):
        await run({"name": "align3", "steps": ["review"]}, ScriptedModel([]), wording=StandIn())


@pytest.mark.parametrize("steps", [["both"], ["safety", "behavioral"], ["both", "safety", "both"]])
async def test_align3_takes_its_steps_in_any_order(steps: list[str]):
    model = ScriptedModel(["so be it</think>Roses."])
    await run({"name": "align3", "steps": steps}, model, wording=StandIn())
    assert len(model.requests) == len(steps)
    last = model.requests[-1].prefill
    places = [last.index(f"[{step}") for step in dict.fromkeys(steps)]
    assert places == sorted(places)


async def test_more_think_goes_on_as_published():
    model = ScriptedModel(["\nhm. ", "is it?\n\n", "yes.</think>\nRoses."])
    answer = await run("more_think", model, wording=StandIn())
    assert sent(model) == [
        ("<think>", STOP),
        ("<think>\nhm.\n\nWait, ", STOP),
        ("<think>\nhm.\n\nWait, is it?\n\nWait, ", ()),
    ]
    assert answer.text == "Roses."


async def test_zero_think_begins_with_an_ended_thought():
    model = ScriptedModel(["\n\nRoses."])
    answer = await run("zero_think", model, wording=StandIn())
    assert sent(model) == [("<think>\n</think>", ())]
    assert (answer.text, answer.thought, answer.form) == ("Roses.", "<think>\n</think>", "native")


async def test_in_turns_the_model_thinks_of_each_step_and_then_answers():
    model = Unprefilled(["of shape", "of safety", "", "Roses."])
    answer = await run("align3", model)
    assert [len(request.messages) for request in model.requests] == [2, 4, 6, 8]
    last = model.requests[-1].messages
    assert [m.role for m in last] == ["system", *["user", "assistant"] * 3, "user"]
    assert [m.content for m in last if m.role == "assistant"] == [
        "of shape",
        "of safety",
        "(nothing)",
    ]
    assert last[1].content.startswith(TASK.query)
    assert (answer.text, answer.form) == ("Roses.", "conversational")
    assert answer.thought.startswith("of shape\n\nof safety")


@pytest.mark.parametrize(("rounds", "calls"), [(1, 2), (3, 4)])
async def test_in_turns_more_think_takes_one_call_more_than_rounds(rounds: int, calls: int):
    model = Unprefilled(["hm"])
    await run({"name": "more_think", "rounds": rounds}, model)
    assert len(model.requests) == calls


async def test_the_continuer_takes_what_is_continued_and_nothing_else():
    model, continuer = Unprefilled(["answer"]), ScriptedModel(["no</think>Roses."])
    answer = await run("more_think", model, continuer=continuer)
    assert (answer.form, answer.text) == ("native", "Roses.")
    assert (len(model.requests), len(continuer.requests)) == (0, 3)


async def test_a_published_wording_refuses_a_model_that_cannot_be_continued():
    model = Unprefilled(["x"])
    with pytest.raises(InputError, match="continues the assistant's turn"):
        await run("align3", model, wording=StandIn())
    assert not model.requests


async def test_a_thought_that_is_never_ended_is_ended_once():
    model = ScriptedModel(["plan", "more plan", "Roses, I think. \n", "Roses."])
    answer = await run("align3", model)
    assert len(model.requests) == 4
    assert model.requests[-1].prefill.endswith(f"Roses, I think.{OURS.close_thought}")
    assert (answer.text, answer.form) == ("Roses.", "native")


@pytest.mark.parametrize(
    ("table", "wording"),
    [({"name": "align3", "unclosed": "answer"}, {}), ("align3", {"wording": StandIn()})],
)
async def test_or_it_is_taken_for_the_answer_as_published(table, wording):
    model = ScriptedModel(["\n\nRoses are red."])
    answer = await run(table, model, **wording)
    assert len(model.requests) == 3
    assert answer.text == "Roses are red."


async def test_an_option_that_contradicts_the_published_procedure_is_refused():
    model = ScriptedModel(["x"])
    with pytest.raises(InputError, match=r"'unclosed'.*'answer'"):
        await run({"name": "align3", "unclosed": "close"}, model, wording=StandIn())
    assert not model.requests


async def test_what_a_server_parsed_as_thinking_is_the_thought():
    stage = Reply(text="", reasoning=" of shape ")
    last = Reply(text="\n\nRoses.", reasoning=" all good\n")
    model = Exact(stage, stage, last)
    answer = await run("align3", model, wording=StandIn())
    assert model.requests[1].prefill == "<think>[behavioral: 4] So of shape\n\n[safety: 4] So"
    assert answer.text == "Roses."
    assert answer.thought.endswith("[both: 4] So all good")


@pytest.mark.parametrize("finish", ["length", "other"])
async def test_thinking_parsed_and_cut_has_no_end(finish):
    cut = Reply(text="", reasoning="Roses, maybe", finish=finish)
    answer = await run("more_think", Exact(cut, cut, cut), wording=StandIn())
    assert (answer.text, answer.finish) == ("Roses, maybe", finish)


async def test_an_answer_that_a_server_took_for_thinking_is_the_answer():
    model = Exact(Reply(text="", reasoning="\n\nRoses."))
    assert (await run("zero_think", model)).text == "Roses."


@pytest.mark.parametrize(
    ("reply", "ours", "published"),
    [
        (Reply(text="Roses."), "Roses.", "Roses."),
        (Reply(text="\n\nRoses."), "Roses.", "Roses."),
        (Reply(text="<think>hm</think>\n\nRoses."), "Roses.", "Roses."),
        (Reply(text="hm</think>Roses."), "Roses.", "Roses."),
        (Reply(text="Roses.", reasoning="hm"), "Roses.", "Roses."),
        (Reply(text="a</think>b", reasoning="hm"), "a</think>b", "b"),
        (Reply(text="<think>hm", finish="length"), "", "<think>hm"),
        (Reply(text="", reasoning="hm", finish="length"), "", "hm"),
        (Reply(text="Use <think> and </think>."), "Use <think> and </think>.", "."),
        (Reply(text="<think>hm</think>End it by </think>."), "End it by </think>.", "."),
        (Reply(text="hm</think>\n\n<think>so</think>\nRoses."), "Roses.", "Roses."),
        (Reply(text="</think>" * 3000 + "Roses."), "Roses.", "Roses."),
    ],
)
async def test_an_ordinary_answer_is_what_stands_after_the_thinking(reply, ours, published):
    assert (await run("vanilla", Exact(reply))).text == ours
    assert (await run("vanilla", Exact(reply), wording=StandIn())).text == published


async def test_a_continued_thought_ends_once_and_the_answer_may_speak_of_its_end():
    replies = ["plan", "plan", "so be it.</think>\n\nEnd it by </think>."]
    ours = await run("align3", ScriptedModel(replies))
    assert (ours.text, ours.thought[-9:]) == ("End it by </think>.", "so be it.")
    published = await run("align3", ScriptedModel(replies), wording=StandIn())
    assert published.text == "."


async def test_in_turns_a_thought_that_is_left_open_is_said_without_its_tag():
    model = Unprefilled(["<think>\nof shape", "<think>of thorns</think>", "of roots", "Roses."])
    answer = await run("align3", model)
    said = [m.content for m in model.requests[-1].messages if m.role == "assistant"]
    assert said == ["of shape", "of thorns", "of roots"]
    assert (answer.text, answer.thought) == ("Roses.", "of shape\n\nof thorns\n\nof roots")


class Marked(StandIn):
    """Of a model that marks its answers."""

    answer_mark = "So I say: "


async def test_a_marked_answer_follows_its_mark_which_must_stand_there_once():
    answer = await run("vanilla", ScriptedModel(["hm So I say:  Roses."]), wording=Marked())
    assert (answer.thought, answer.text) == ("hm ", " Roses.")
    for reply, times in (("Roses.", 0), ("So I say: So I say: Roses.", 2)):
        with pytest.raises(ModelError, match=f"'So I say: ' .* {times} times"):
            await run("vanilla", ScriptedModel([reply]), wording=Marked())


async def test_raw_shows_no_spec_and_vanilla_all():
    model, given = scripted(["Roses."])
    await methods.build("raw").answer(TASK, given)
    await methods.build("vanilla").answer(TASK, given)
    raw, vanilla = ("".join(m.content for m in r.messages) for r in model.requests)
    for spec in TASK.specs.listed():
        assert spec.text not in raw
        assert spec.text in vanilla
    assert [step.purpose for step in steps_of(given)] == ["answer", "answer"]
    assert all(request.sampling == DRAWN for request in model.requests)


async def test_paper_tokens_are_all_completions_and_the_first_prompt():
    _, given = scripted(["two words", "three more words", "one</think>two three"])
    method = methods.build("align3")
    await method.answer(TASK, given)
    first = steps_of(given)[0].prompt_tokens
    assert method.paper_tokens(steps_of(given)) == (first, 2 + 3 + 2)
    assert [step.purpose for step in steps_of(given)] == ["think", "think", "answer"]
