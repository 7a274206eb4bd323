"""What `openai:` asks of a real llama.cpp server beyond a plain answer."""

# pyright: basic
from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.slow.test_loop_over_llama_server import llama_url as llama_url

from specloop.llm.base import Model, Request, resolve
from specloop.records import Message, Sampling

pytestmark = pytest.mark.slow
FRANCE = (Message(role="user", content="What is the capital of France?"),)


@pytest.fixture
async def model(llama_url: str) -> AsyncIterator[Model]:
    found = resolve("openai:smollm2", base_url=llama_url)
    yield found
    await found.aclose()


async def test_log_probabilities_come_for_each_token(model: Model):
    reply = await model.generate(Request(messages=FRANCE, logprobs=True))
    assert reply.logprobs is not None
    assert abs(len(reply.logprobs) - reply.usage.completion_tokens) <= 1
    assert all(value <= 0 for value in reply.logprobs)


async def test_a_begun_answer_is_continued(model: Model):
    begun = "The capital of France is the city of"
    reply = await model.generate(Request(messages=FRANCE, prefill=begun))
    assert reply.text.startswith(" Paris")


async def test_stop_strings_and_lengths_end_a_reply(model: Model):
    stopped = await model.generate(Request(messages=FRANCE, sampling=Sampling(stop=("e",))))
    assert (stopped.finish, "e" in stopped.text) == ("stop", False)
    cut = await model.generate(Request(messages=FRANCE, sampling=Sampling(max_tokens=3)))
    assert cut.finish == "length"
