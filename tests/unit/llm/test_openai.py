"""The HTTP client, over a real server on loopback."""

# pyright: basic
from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from specloop.errors import InputError, ModelError, TransientModelError
from specloop.llm.base import Model, Request, resolve, schema_text
from specloop.records import Message, Sampling

KEY = "sk-very-secret"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[..., Awaitable[Model]]


class Told:
    """What the server was sent."""

    def __init__(self) -> None:
        self.body: dict[str, Any] = {}
        self.authorization: str | None = None


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def serve(told: Told, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Serve]:
    """Start a server that answers with a handler; gives the model that talks to it."""
    monkeypatch.setenv("TEST_KEY", KEY)
    runners: list[web.AppRunner] = []
    models: list[Model] = []

    async def start(answer: Handler, **options: Any) -> Model:
        async def keep(request: web.Request) -> web.StreamResponse:
            told.body = await request.json()
            told.authorization = request.headers.get("Authorization")
            return await answer(request)

        app = web.Application()
        app.router.add_post("/v1/chat/completions", keep)
        runner = web.AppRunner(app)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1/"
        models.append(resolve("openai:some/model", base_url=url, api_key_env="TEST_KEY", **options))
        return models[-1]

    yield start
    for model in models:
        await model.aclose()
    for runner in runners:
        await runner.cleanup()


def says(text: str | None, **more: Any) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        usage = {
            "prompt_tokens": 9,
            "completion_tokens": 3,
            "prompt_tokens_details": {"cached_tokens": 4},
        }
        return web.json_response({"id": "x", "choices": [choice | more], "usage": usage})

    return answer


def fails(status: int, body: str, **headers: str) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body, headers=headers)

    return answer


def ask(**more: Any) -> Request:
    return Request(messages=(Message(role="user", content="hi"),), **more)


async def test_a_request_says_all_that_decides_the_reply(serve: Serve, told: Told):
    model = await serve(says("yes"), regex_field="guided_regex", extra_body={"min_p": 0.1})
    drawn = Sampling(temperature=0.5, top_p=0.9, top_k=7, max_tokens=11, seed=5, stop=("X",))
    reply = await model.generate(ask(sampling=drawn, regex="yes|no", logprobs=True))
    assert (reply.text, reply.finish) == ("yes", "stop")
    assert (reply.usage.prompt_tokens, reply.usage.cached_tokens) == (9, 4)
    assert told.authorization == f"Bearer {KEY}"
    assert told.body == {
        "model": "some/model",
        "messages": [{"role": "user", "content": "hi"}],
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 7,
        "max_tokens": 11,
        "seed": 5,
        "stop": ["X"],
        "logprobs": True,
        "guided_regex": "yes|no",
        "min_p": 0.1,
    }


async def test_a_schema_goes_out_as_a_response_format(serve: Serve, told: Told):
    schema = {"type": "object", "properties": {}}
    await (await serve(says("{}"))).generate(ask(json_schema=schema_text(schema)))
    assert told.body["response_format"]["json_schema"]["schema"] == schema


async def test_a_prefill_is_the_begun_turn_and_is_not_repeated(serve: Serve, told: Told):
    model = await serve(says("Sure, here"))
    reply = await model.generate(ask(prefill="Sure,"))
    assert reply.text == " here"
    assert told.body["messages"][-1] == {"role": "assistant", "content": "Sure,"}
    assert told.body["continue_final_message"] is True
    assert told.body["add_generation_prompt"] is False


async def test_a_server_that_cannot_continue_is_asked_to_begin_so(serve: Serve, told: Told):
    model = await serve(says("Sure, here"), extensions=False)
    sampling = Sampling(top_k=3)
    assert (await model.generate(ask(prefill="Sure,", sampling=sampling))).text == " here"
    assert not model.capabilities.prefill
    assert told.body["messages"][-1]["role"] == "system"
    assert not {"continue_final_message", "top_k"} & told.body.keys()


@pytest.mark.parametrize(
    ("said", "meant"), [("length", "length"), ("content_filter", "filter"), ("tool_calls", "other")]
)
async def test_finish_reasons_are_told_apart(serve: Serve, said: str, meant: str):
    reply = await (await serve(says(None, finish_reason=said))).generate(ask())
    assert (reply.finish, reply.text) == (meant, "")


async def test_log_probabilities_come_with_the_reply(serve: Serve):
    tokens = {"content": [{"token": "a", "logprob": -0.5}, {"token": "b", "logprob": -1.0}]}
    reply = await (await serve(says("ab", logprobs=tokens))).generate(ask(logprobs=True))
    assert reply.logprobs == (-0.5, -1.0)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503])
async def test_failures_that_may_pass_are_transient(serve: Serve, status: int):
    model = await serve(fails(status, "busy", **{"Retry-After": "7"}))
    with pytest.raises(TransientModelError, match="busy") as caught:
        await model.generate(ask())
    assert caught.value.retry_after_s == 7


async def test_a_retry_date_is_read(serve: Serve):
    model = await serve(fails(503, "", **{"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}))
    with pytest.raises(TransientModelError) as caught:
        await model.generate(ask())
    assert caught.value.retry_after_s is not None
    assert caught.value.retry_after_s > 1e9


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_the_servers_reason_is_passed_on_without_the_key(serve: Serve, status: int):
    body = json.dumps({"error": {"message": f"bad key {KEY} given"}})
    with pytest.raises(ModelError, match=r"bad key \*\*\* given") as caught:
        await (await serve(fails(status, body))).generate(ask())
    assert not isinstance(caught.value, TransientModelError)


@pytest.mark.parametrize("body", ['{"choices": [{"mess', '{"choices": []}', "<html>", ""])
async def test_an_unreadable_reply_is_transient(serve: Serve, body: str):
    with pytest.raises(TransientModelError, match="unreadable"):
        await (await serve(fails(200, body))).generate(ask())


async def test_a_dropped_connection_is_transient(serve: Serve):
    async def drop(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    with pytest.raises(TransientModelError):
        await (await serve(drop)).generate(ask())


async def test_a_server_out_of_reach_or_too_slow_is_transient(serve: Serve):
    async def sleep(_: web.Request) -> web.Response:
        import asyncio

        await asyncio.sleep(0.5)
        return web.Response()

    with pytest.raises(TransientModelError, match="Timeout"):
        await (await serve(sleep, timeout_s=0.1)).generate(ask())
    gone = resolve("openai:m", base_url="http://127.0.0.1:9/v1")
    with pytest.raises(TransientModelError):
        await gone.generate(ask())
    await gone.aclose()


async def test_what_the_protocol_cannot_do_is_said(serve: Serve):
    model = await serve(says("x"))
    with pytest.raises(ModelError, match="score"):
        await model.score((), "x")
    with pytest.raises(ModelError, match="regex_field"):
        await model.generate(ask(regex="a"))


def test_the_key_shows_nowhere(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    model = resolve("openai:m", base_url="http://127.0.0.1:9/v1")
    assert KEY not in repr(model) + repr(vars(model)) + model.name


@pytest.mark.parametrize("options", [{"base_url": "localhost:8000"}, {"colour": "red"}])
def test_a_bad_option_is_the_users_mistake(options: dict[str, str]):
    with pytest.raises(InputError):
        resolve("openai:m", **options)
