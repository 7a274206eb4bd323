"""A begun thought goes on after the conversation as the server's own template writes it."""

# pyright: basic
from __future__ import annotations

import pytest
from aiohttp import web
from tests.openai_server import LLAMA, OLLAMA, SGLANG, VLLM, Handler, says

from specloop.errors import RefusedError
from specloop.records import Sampling


def writer(text: str = " so.</think>\n\nYes.", opening: str = "<a>\n") -> Handler:
    """A server whose tokens are characters, and whose template ends with an opening."""

    async def answer(request: web.Request) -> web.Response:
        body = await request.json()
        said = "".join(m["content"] for m in body.get("messages", ())) + opening
        if request.path == "/apply-template":
            return web.json_response({"prompt": said})
        if request.path == "/tokenize":
            tokens = [ord(c) for c in body.get("prompt", said)]
            return web.json_response({"tokens": tokens, "count": len(tokens)})
        if request.path == "/detokenize":
            return web.json_response({"prompt": "".join(map(chr, body["tokens"]))})
        assert request.path == "/v1/completions"
        usage = {"prompt_tokens": 9, "completion_tokens": 3}
        choice = {"text": text, "finish_reason": "stop", "index": 0}
        return web.json_response({"choices": [choice], "usage": usage})

    return answer


def went_on_from(body) -> str:
    prompt = body["prompt"]
    return prompt if isinstance(prompt, str) else "".join(map(chr, prompt))


@pytest.mark.parametrize("pages", [VLLM, LLAMA])
@pytest.mark.parametrize("opening", ["<a>\n", "<a>\n<think>\n", "<a>\n<think>\n\n</think>\n\n"])
async def test_a_begun_thought_follows_the_written_conversation(serve, ask, pages, opening):
    on = await serve(writer(opening=opening), pages)
    sampling = Sampling(temperature=0.5, top_p=0.9, top_k=7, max_tokens=40, stop=("x",))
    reply = await on.model.generate(ask("hello", prefill="<think>\nHm,", sampling=sampling))
    assert went_on_from(on.server.body) == "hello<a>\n<think>\nHm,"
    sent = {"temperature": 0.5, "top_p": 0.9, "top_k": 7, "max_tokens": 40, "stop": ["x"]}
    assert on.server.body.items() >= sent.items()
    assert (reply.reasoning, reply.text, reply.finish) == (" so.", "\n\nYes.", "stop")
    assert reply.usage.completion_tokens == 3


async def test_a_thought_that_is_ended_stays_as_it_is(serve, ask):
    on = await serve(writer("\n\nYes."), VLLM)
    reply = await on.model.generate(ask("hello", prefill="<think>\n</think>"))
    assert went_on_from(on.server.body) == "hello<a>\n<think>\n</think>"
    assert (reply.reasoning, reply.text) == ("", "\n\nYes.")


async def test_options_of_the_template_are_sent_where_it_writes(serve, ask):
    extra = {"chat_template_kwargs": {"enable_thinking": True}}
    on = await serve(writer(), VLLM, extra_body=extra)
    await on.model.generate(ask(prefill="<think>"))
    assert on.server.seen[0].path == "/tokenize"
    assert on.server.seen[0].body.items() >= extra.items()


@pytest.mark.parametrize(
    ("pages", "options", "prefill"),
    [
        (VLLM, {}, "The answer is"),
        (VLLM, {"prefill": "flags"}, "<think>"),
        (VLLM, {"prefill": "words"}, "<think>"),
        (SGLANG, {}, "<think>"),
        (OLLAMA, {}, "<think>"),
    ],
)
async def test_everything_else_goes_to_the_chat_endpoint(serve, ask, pages, options, prefill):
    on = await serve(says("Yes."), pages, **options)
    await on.model.generate(ask(prefill=prefill))
    assert [seen.path for seen in on.server.seen] == ["/v1/chat/completions"]


async def test_a_schema_keeps_to_the_chat_endpoint(serve, ask):
    on = await serve(says("{}"), VLLM)
    await on.model.generate(ask(prefill="<think>", json_schema="{}"))
    assert on.server.seen[-1].path == "/v1/chat/completions"


async def test_a_server_that_writes_nothing_is_told_of_with_a_remedy(serve, ask):
    async def closed(_: web.Request) -> web.Response:
        return web.Response(status=404, text="not here")

    on = await serve(closed, VLLM)
    with pytest.raises(RefusedError, match="prefill = 'flags'"):
        await on.model.generate(ask(prefill="<think>"))
