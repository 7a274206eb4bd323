"""Inspect's providers as models: its mock, and its OpenAI-compatible one over a local server."""

# pyright: basic
from __future__ import annotations

import asyncio
import importlib
import importlib.util
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from tests.conversations import TALK
from tests.openai_server import Handler, ask
from tests.scripted_server import ScriptedServer

from specloop.errors import (
    InputError,
    MissingExtraError,
    ModelError,
    RefusedError,
    TransientModelError,
)
from specloop.llm.backends import resolve
from specloop.llm.backends.inspect_ai.messages import of_inspect, to_inspect
from specloop.llm.backends.inspect_ai.model import InspectModel
from specloop.llm.base import Request, schema_text
from specloop.records import Message, Sampling

INSTALLED = importlib.util.find_spec("inspect_ai") is not None
needs_inspect = pytest.mark.skipif(not INSTALLED, reason="Inspect AI is not installed")
# Inspect calls its own dependencies in ways they have deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
KEY = "sk-very-secret"
Serve = Callable[..., Awaitable[InspectModel]]


@pytest.fixture
async def serve(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Serve]:
    """Start a server that answers with a handler; gives the model that talks to it."""
    monkeypatch.setenv("TEST_KEY", KEY)
    runners: list[web.AppRunner] = []
    models: list[InspectModel] = []

    async def start(answer: Handler, **options: Any) -> InspectModel:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", answer)
        runners.append(web.AppRunner(app))
        await runners[-1].setup()
        await web.TCPSite(runners[-1], "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runners[-1].addresses[0][1]}/v1"
        name, more = "inspect:openai-api/local/m", {"base_url": url, "api_key_env": "TEST_KEY"}
        models.append(resolve(name, **more, **options))  # type: ignore[arg-type]
        return models[-1]

    yield start
    for model in models:
        await model.aclose()
    for runner in runners:
        await runner.cleanup()


def says(told: dict[str, Any], text: str | None = "yes", **choice: Any) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        told.update(await request.json(), authorization=request.headers.get("Authorization"))
        said = {"role": "assistant", "content": text, **choice.pop("message", {})}
        usage = {
            "prompt_tokens": 9,
            "completion_tokens": 3,
            "total_tokens": 12,
            "prompt_tokens_details": {"cached_tokens": 4},
            "completion_tokens_details": {"reasoning_tokens": 2},
        }
        one = {"index": 0, "message": said, "finish_reason": "stop"} | choice
        fixed = {"id": "x", "object": "chat.completion", "created": 1, "model": "m"}
        return web.json_response({**fixed, "choices": [one], "usage": usage})

    return answer


def fails(status: int, message: str = "no", **headers: str) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        error = {"error": {"message": message, "code": None, "type": "x"}}
        return web.json_response(error, status=status, headers=headers)

    return answer


@pytest.mark.skipif(INSTALLED, reason="Inspect AI is installed")
def test_without_the_library_the_extra_is_named() -> None:
    with pytest.raises(MissingExtraError, match=r"specloop\[inspect\]"):
        resolve("inspect:openai/gpt-4.1")


@needs_inspect
async def test_inspects_own_mock_answers_with_text_reasoning_finish_and_usage() -> None:
    library = importlib.import_module("inspect_ai.model")
    output = library.ModelOutput(
        model="mockllm",
        choices=[
            library.ChatCompletionChoice(
                message=library.ChatMessageAssistant(
                    content=[
                        library.ContentReasoning(reasoning="let me see"),
                        library.ContentText(text="yes"),
                    ]
                ),
                stop_reason="max_tokens",
            )
        ],
        usage=library.ModelUsage(
            input_tokens=5, output_tokens=3, input_tokens_cache_read=4, reasoning_tokens=2
        ),
    )
    model = resolve("inspect:mockllm/model", custom_outputs=[output])
    reply = await model.generate(ask())
    assert (reply.text, reply.reasoning, reply.finish) == ("yes", "let me see", "length")
    assert (reply.usage.prompt_tokens, reply.usage.cached_tokens) == (9, 4)
    assert (reply.usage.completion_tokens, reply.usage.reasoning_tokens) == (3, 2)
    await model.aclose()


@needs_inspect
async def test_a_thought_within_the_text_is_set_apart() -> None:
    library = importlib.import_module("inspect_ai.model")
    said = ["<think>hm</think>\n\nyes", "<think>hm, but"]
    outputs = [library.ModelOutput.from_content("mockllm", text) for text in said]
    for output in outputs:
        output.usage = library.ModelUsage(input_tokens=5, output_tokens=3)
    model = resolve("inspect:mockllm/model", custom_outputs=outputs)
    whole, lost = [await model.generate(ask()) for _ in said]
    assert (whole.text, whole.reasoning, whole.finish) == ("yes", "hm", "stop")
    assert (lost.text, lost.reasoning, lost.finish) == ("", "hm, but", "other")
    await model.aclose()


@needs_inspect
async def test_it_answers_over_a_chat_completions_server(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_API_KEY", "none")
    model = resolve("inspect:openai-api/local/m", base_url=server.url)
    texts = [(await model.generate(ask(f"question {i}"))).text for i in range(2)]
    assert all(text.startswith("Sure, ") for text in texts)
    assert [body["messages"][0]["content"] for body in server.bodies] == [
        "question 0",
        "question 1",
    ]
    await model.aclose()


@needs_inspect
async def test_a_request_says_all_that_decides_the_reply(serve: Serve) -> None:
    told: dict[str, Any] = {}
    tops = [{"token": "yes", "logprob": -0.1, "bytes": None}]
    tops.append({"token": "no", "logprob": -2.0, "bytes": None})
    token = {"token": "yes", "logprob": -0.1, "bytes": None, "top_logprobs": tops[::-1]}
    model = await serve(says(told, logprobs={"content": [token]}), extra_body={"min_p": 0.1})
    drawn = Sampling(temperature=0.5, top_p=0.9, top_k=7, max_tokens=11, seed=5, stop=("X",))
    messages = (Message(role="developer", content="be kind"), Message(role="user", content="hi"))
    schema = schema_text({"type": "object", "properties": {}, "additionalProperties": False})
    request = Request(messages=messages, sampling=drawn, json_schema=schema, logprobs=True)
    reply = await model.generate(request.model_copy(update={"first_token": 2}))
    assert reply.logprobs == (-0.1,)
    assert reply.first_token is not None
    assert [one.token for one in reply.first_token] == ["yes", "no"]
    assert (reply.usage.prompt_tokens, reply.usage.cached_tokens) == (9, 4)
    assert told.pop("authorization") == f"Bearer {KEY}"
    assert told.pop("response_format")["json_schema"]["schema"]["type"] == "object"
    assert [turn["role"] for turn in told.pop("messages")] == ["system", "user"]
    assert told == {
        "model": "m",
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 7,
        "max_tokens": 11,
        "seed": 5,
        "stop": ["X"],
        "logprobs": True,
        "top_logprobs": 2,
        "min_p": 0.1,
    }


@needs_inspect
async def test_tools_and_parts_go_to_inspect_and_back(serve: Serve) -> None:
    told: dict[str, Any] = {}
    model = await serve(says(told))
    await model.generate(Request(messages=TALK))
    system, user, called, result = told["messages"]
    assert (system["role"], user["content"][1]["text"]) == ("system", "Why?")
    (call,) = called["tool_calls"]
    assert (call["id"], call["function"]["name"]) == ("call_1", "look_up")
    assert result["tool_call_id"] == "call_1"
    assert of_inspect(to_inspect(TALK)) == TALK
    assert to_inspect(TALK)[-1].function == "look_up"


@needs_inspect
def test_a_turn_of_inspects_that_is_no_text_is_refused_and_a_thought_left_out() -> None:
    library = importlib.import_module("inspect_ai.model")
    thought = library.ContentReasoning(reasoning="Hm."), library.ContentText(text="Yes.")
    (said,) = of_inspect([library.ChatMessageAssistant(content=list(thought))])
    assert (said.content, said.parts) == ("Yes.", ())
    with pytest.raises(InputError, match="holds 'image': only text"):
        of_inspect([library.ChatMessageUser(content=[library.ContentImage(image="data:,")])])


@needs_inspect
async def test_a_prefill_is_a_begun_turn_or_asked_for(serve: Serve) -> None:
    told: dict[str, Any] = {}
    model = await serve(says(told, "Sure, here"), prefill=True)
    assert (await model.generate(ask(prefill="Sure,"))).text == " here"
    assert told["messages"][-1] == {"role": "assistant", "content": "Sure,"}
    assert told["continue_final_message"] is True
    model = await serve(says(told, "Sure, here"))
    assert not model.capabilities.prefill
    assert (await model.generate(ask(prefill="Sure,"))).text == " here"
    assert told["messages"][-1]["content"].startswith("hi\n\nBegin your answer with exactly")


@needs_inspect
@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
async def test_what_may_pass_is_transient_with_the_servers_wish(serve: Serve, status: int) -> None:
    model = await serve(fails(status, f"busy, {KEY}", **{"Retry-After": "7"}))
    with pytest.raises(TransientModelError, match="busy") as caught:
        await model.generate(ask())
    assert caught.value.retry_after_s == 7
    assert KEY not in str(caught.value)


@needs_inspect
@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_what_will_never_pass_is_refused_once(serve: Serve, status: int) -> None:
    n = 0

    async def refuse(request: web.Request) -> web.StreamResponse:
        nonlocal n
        n += 1
        return await fails(status, f"bad key {KEY}")(request)

    model = await serve(refuse)
    with pytest.raises(RefusedError, match=r"bad key \*\*\*") as caught:
        await model.generate(ask())
    assert (caught.value.status, n) == (status, 1)


@needs_inspect
async def test_a_refused_request_is_not_taken_for_an_answer(serve: Serve) -> None:
    async def answer(_: web.Request) -> web.Response:
        error = {"message": "too long", "code": "context_length_exceeded", "type": "x"}
        return web.json_response({"error": error}, status=400)

    with pytest.raises(RefusedError, match="too long"):
        await (await serve(answer)).generate(ask())


@needs_inspect
@pytest.mark.parametrize("fault", ["dropped", "malformed", "slow"])
async def test_broken_connections_bodies_and_timeouts_are_transient(
    serve: Serve, fault: str
) -> None:
    async def answer(request: web.Request) -> web.Response:
        if fault == "slow":
            await asyncio.sleep(1.3)
        if fault == "dropped" and request.transport:
            request.transport.close()
        return web.Response(text='{"choices": [{"mess', content_type="application/json")

    model = await serve(answer, timeout_s=0.5)
    with pytest.raises(TransientModelError):
        await model.generate(ask())


@needs_inspect
async def test_a_wrong_name_option_or_key_is_the_users_mistake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with pytest.raises(InputError, match="provider and model"):
        resolve("inspect:gpt")
    for name, options in (
        ("inspect:no-such-provider/x", {}),
        ("inspect:openai-api/local/x", {"base_url": "http://127.0.0.1:9/v1"}),
        ("inspect:openai-api/local/x", {"api_key_env": "NO_SUCH_KEY"}),
    ):
        with pytest.raises(InputError, match=name):
            await resolve(name, **options).aopen()


@needs_inspect
async def test_no_constrained_regex_and_no_scores() -> None:
    model = resolve("inspect:mockllm/model")
    with pytest.raises(ModelError, match="regular expressions"):
        await model.generate(ask(regex="a"))
    with pytest.raises(ModelError, match="cannot score"):
        await model.score((), "x")


@needs_inspect
async def test_calls_leave_no_record_behind() -> None:
    library = importlib.import_module("inspect_ai.model")
    transcript = importlib.import_module("inspect_ai.log").transcript

    def output(*_: Any) -> Any:
        made = library.ModelOutput.from_content("mockllm", "yes")
        return made.model_copy(update={"usage": library.ModelUsage(input_tokens=1)})

    model = resolve("inspect:mockllm/model", custom_outputs=output)
    await model.generate(ask())
    assert len(transcript().events) == 0


@needs_inspect
@pytest.mark.parametrize("option", ["temprature", "memoize", "config", "model_name", "timeout"])
def test_an_option_that_a_provider_does_not_take_is_named_and_no_function(
    option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    model = resolve("inspect:openai/gpt-4.1", **{option: "x"})
    with pytest.raises(InputError, match=rf"^inspect:openai/gpt-4.1: it has no option '{option}'$"):
        model.check()  # type: ignore[attr-defined]
