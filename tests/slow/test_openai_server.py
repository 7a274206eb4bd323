"""What `openai:` asks of a real llama.cpp server beyond a plain answer."""

# pyright: basic
from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from tests.slow.test_loop_over_llama_server import llama_url as llama_url

from specloop.llm.backends import resolve
from specloop.llm.base import Capabilities, Model, Request
from specloop.records import Message, Sampling

pytestmark = pytest.mark.slow
FRANCE = (Message(role="user", content="What is the capital of France?"),)


@pytest.fixture
async def model(llama_url: str) -> AsyncIterator[Model]:
    found = resolve("openai:smollm2", base_url=llama_url)
    await found.aopen()
    yield found
    await found.aclose()


async def test_the_server_is_known_for_what_it_is(model: Model):
    assert model.capabilities == Capabilities(
        prefill=True, json_schema=True, logprobs=True, first_token=True
    )


async def test_alternatives_of_the_first_token_are_ranked(model: Model):
    begun = "The capital of France is the city of"
    asked = Request(messages=FRANCE, prefill=begun, first_token=5, sampling=Sampling(max_tokens=1))
    reply = await model.generate(asked)
    assert reply.first_token is not None
    assert len(reply.first_token) == 5
    assert reply.first_token[0].token == reply.text == " Paris"
    assert all(a.logprob >= b.logprob for a, b in pairwise(reply.first_token))


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
