"""Thinking is kept apart from the text, however the server gives it."""

# pyright: basic
from __future__ import annotations

import pytest
from tests.openai_server import VLLM, says

from specloop.records import Sampling


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
async def test_thinking_in_a_field_is_reasoning(serve, ask, field: str):
    reply = await (await serve(says("Yes.", message={field: "hm"}))).model.generate(ask())
    assert (reply.text, reply.reasoning) == ("Yes.", "hm")


@pytest.mark.parametrize(
    ("said", "reasoning", "text"),
    [
        ("<think>hm</think>\n\nYes.", "hm", "Yes."),
        ("\n<think>\nhm\n</think>Yes.", "hm", "Yes."),
        ("hm\n</think>\n\nYes.", "hm", "Yes."),
        ("<think></think>Yes.", "", "Yes."),
        ("<think>a</think>b</think>c", "a", "b</think>c"),
        ("Write <think> and </think> around it.", "", "Write <think> and </think> around it."),
        (" Yes.\n", "", " Yes.\n"),
    ],
)
async def test_thinking_in_the_text_is_taken_out(serve, ask, said, reasoning, text):
    reply = await (await serve(says(said))).model.generate(ask())
    assert (reply.reasoning, reply.text, reply.finish) == (reasoning, text, "stop")


@pytest.mark.parametrize(("told", "finish"), [("length", "length"), ("stop", "other")])
async def test_thinking_that_is_cut_is_no_text(serve, ask, told: str, finish: str):
    reply = await (await serve(says("<think>hm, but", finish_reason=told))).model.generate(ask())
    assert (reply.reasoning, reply.text, reply.finish) == ("hm, but", "", finish)


async def test_thinking_begun_by_the_template_and_cut_is_no_text(serve, ask):
    on = await serve(says("hm, but", finish_reason="length"), thinking_begun=True)
    reply = await on.model.generate(ask())
    assert (reply.reasoning, reply.text, reply.finish) == ("hm, but", "", "length")


async def test_thinking_begun_by_the_prefill_is_reasoning(serve, ask):
    on = await serve(says("but yes</think>Yes."), VLLM, prefill="flags")
    reply = await on.model.generate(ask(prefill="<think>hm, "))
    assert (reply.reasoning, reply.text) == ("but yes", "Yes.")


async def test_after_a_prefill_that_ends_the_thinking_comes_text(serve, ask):
    on = await serve(says(" Yes."), VLLM, prefill="flags", thinking_begun=True)
    reply = await on.model.generate(ask(prefill="<think>hm</think>"))
    assert (reply.reasoning, reply.text) == ("", " Yes.")


@pytest.mark.parametrize("finish", ["stop", "length"])
async def test_a_begun_thought_is_continued_to_the_letter(serve, ask, finish: str):
    on = await serve(says(" so be it.\n", finish_reason=finish), VLLM, prefill="flags")
    asked = ask(prefill="<think>Hm,", sampling=Sampling(stop=("</think>",)))
    reply = await on.model.generate(asked)
    assert (reply.reasoning, reply.text, reply.finish) == (" so be it.\n", "", finish)


async def test_a_begun_thought_without_an_end_is_cut(serve, ask):
    reply = await (await serve(says(" so"), VLLM, prefill="flags")).model.generate(
        ask(prefill="<think>Hm,")
    )
    assert (reply.reasoning, reply.text, reply.finish) == (" so", "", "other")


async def test_what_follows_a_begun_thought_keeps_its_spaces(serve, ask):
    on = await serve(says(" so\n</think>\n\n  Yes."), VLLM, prefill="flags")
    reply = await on.model.generate(ask(prefill="<think>Hm,"))
    assert (reply.reasoning, reply.text) == (" so\n", "\n\n  Yes.")


async def test_a_begun_thought_that_the_server_parses_leaves_the_answer_in_the_text(serve, ask):
    on = await serve(says("Yes.", message={"reasoning": " so"}), VLLM, prefill="flags")
    reply = await on.model.generate(ask(prefill="<think>Hm,"))
    assert (reply.reasoning, reply.text, reply.finish) == (" so", "Yes.", "stop")
