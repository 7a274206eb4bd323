"""A begun thought on real backends: a llama.cpp server and the embedded runtime."""

# pyright: basic
from __future__ import annotations

import pytest
from tests.slow.test_loop_over_llama_server import llama_url as llama_url

from specloop.llm.backends import resolve
from specloop.llm.base import Request
from specloop.records import Message, Sampling

pytestmark = pytest.mark.slow
FRANCE = (Message(role="user", content="What is the capital of France?"),)
BEGUN = "<think>\nThe capital of France is the city of"
SHORT = Sampling(max_tokens=12)


async def test_a_llama_server_goes_on_from_the_conversation_it_writes(llama_url: str):
    model = resolve("openai:smollm2", base_url=llama_url)
    await model.aopen()
    asked = Request(messages=FRANCE, prefill=BEGUN, sampling=SHORT)
    reply = await model.generate(asked)
    plain = await model.generate(Request(messages=FRANCE, prefill=BEGUN[8:], sampling=SHORT))
    await model.aclose()
    assert (reply.reasoning + reply.text).startswith(" Paris")
    assert 0 < reply.usage.prompt_tokens - plain.usage.prompt_tokens < 8


async def test_the_embedded_runtime_stops_at_the_end_of_a_thought():
    model = resolve("embedded:qwen2.5-coder-1.5b")
    say = "Repeat this line to the letter, and nothing else: so be it</think>Paris"
    messages = (Message(role="user", content=say),)
    whole = await model.generate(Request(messages=messages, prefill="<think>", sampling=SHORT))
    stop = SHORT.model_copy(update={"stop": ("</think>",)})
    cut = await model.generate(Request(messages=messages, prefill="<think>", sampling=stop))
    await model.aclose()
    assert whole.reasoning
    assert whole.text
    assert (cut.reasoning, cut.text) == (whole.reasoning, "")
