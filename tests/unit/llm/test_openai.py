"""The HTTP client, over a real server on loopback."""

# pyright: basic
from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web
from tests.conversations import TALK
from tests.openai_server import LLAMA, OLLAMA, SGLANG, VLLM, drops, fails, owned_by, says

from specloop.errors import InputError, ModelError, RefusedError, TransientModelError
from specloop.llm.backends import resolve
from specloop.llm.base import Alternative, schema_text
from specloop.records import Message, Sampling

KEY = "sk-very-secret-key"
"""As the fixtures set it."""


async def test_a_request_says_all_that_decides_the_reply(serve, ask):
    on = await serve(says("yes"), LLAMA, regex_field="guided_regex", extra_body={"min_p": 0.1})
    drawn = Sampling(temperature=0.5, top_p=0.9, top_k=7, max_tokens=11, seed=5, stop=("X",))
    reply = await on.model.generate(ask(sampling=drawn, regex="yes|no", logprobs=True))
    assert (reply.text, reply.finish) == ("yes", "stop")
    usage = reply.usage
    assert (usage.prompt_tokens, usage.cached_tokens, usage.reasoning_tokens) == (9, 4, 2)
    assert on.server.seen[-1].authorization == f"Bearer {KEY}"
    assert on.server.body == {
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


async def test_tools_and_parts_are_sent_as_the_api_wants_them(serve, ask):
    on = await serve(says("yes"))
    await on.model.generate(ask().model_copy(update={"messages": TALK}))
    function = {"name": "look_up", "arguments": '{"plant": "rose"}'}
    calls = [{"id": "call_1", "type": "function", "function": function}]
    parts = [{"type": "text", "text": text} for text in ("My roses wilt.", "Why?")]
    assert on.server.body["messages"] == [
        {"role": "developer", "content": "You help gardeners."},
        {"role": "user", "content": parts},
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "content": "Roses need water.", "tool_call_id": "call_1"},
    ]


async def test_tools_keep_their_turns_where_roles_must_alternate_and_a_prefill_is_asked_for(
    serve, ask
):
    on = await serve(says("Well, yes"), system="user")
    asked = (*TALK, Message(role="tool", content="Daily.", tool_call_id="call_2"), *TALK[1:2])
    await on.model.generate(ask(prefill="Well,").model_copy(update={"messages": asked}))
    sent = on.server.body["messages"]
    assert [turn["role"] for turn in sent] == ["user", "assistant", "tool", "tool", "user"]
    assert sent[0]["content"] == "You help gardeners.\n\nMy roses wilt.\n\nWhy?"
    assert sent[-1]["content"].startswith("My roses wilt.\n\nWhy?\n\nBegin your answer")


async def test_half_a_surrogate_pair_does_not_make_a_reply_unreadable(serve, ask):
    on = await serve(says("half \ud83d and a whole \U0001f339"))
    reply = await on.model.generate(ask())
    assert reply.text == "half ? and a whole \U0001f339"
    assert len(on.server.seen) == 1


async def test_a_schema_goes_out_as_a_response_format(serve, ask):
    schema = {"type": "object", "properties": {}}
    on = await serve(says("{}"))
    await on.model.generate(ask(json_schema=schema_text(schema)))
    assert on.server.body["response_format"]["json_schema"]["schema"] == schema


async def test_options_leave_parameters_out_and_replace_them(serve, ask):
    on = await serve(says("x"), omit=["temperature", "seed"], extra_body={"top_p": 0.5})
    await on.model.generate(ask())
    assert not {"temperature", "seed"} & on.server.body.keys()
    assert on.server.body["top_p"] == 0.5


async def test_only_openais_own_servers_are_told_of_developers(serve, ask):
    on = await serve(says("x"), VLLM)
    messages = (Message(role="developer", content="be brief"), *ask().messages)
    await on.model.generate(ask().model_copy(update={"messages": messages}))
    assert on.server.body["messages"][0]["role"] == "system"


@pytest.mark.parametrize("pages", [VLLM, SGLANG, LLAMA])
async def test_a_prefill_is_the_begun_turn(serve, ask, pages: dict[str, Any]):
    on = await serve(says(" here"), pages)
    assert on.model.capabilities.prefill
    assert (await on.model.generate(ask(prefill="Sure,"))).text == " here"
    assert on.server.body["messages"][-1] == {"role": "assistant", "content": "Sure,"}
    assert on.server.body["continue_final_message"] is True
    assert on.server.body["add_generation_prompt"] is False


async def test_a_final_turn_is_enough_for_ollama(serve, ask):
    on = await serve(says("Sure, here"), OLLAMA)
    assert (await on.model.generate(ask(prefill="Sure,"))).text == " here"
    assert on.server.body["messages"][-1] == {"role": "assistant", "content": "Sure,"}
    assert "continue_final_message" not in on.server.body


async def test_what_only_looks_like_the_prefill_stays(serve, ask):
    on = await serve(says("ha ha"), VLLM)
    assert (await on.model.generate(ask(prefill="ha "))).text == "ha ha"


async def test_some_servers_want_the_prefill_marked(serve, ask):
    on = await serve(says("Sure, here"), prefill="prefix")
    assert (await on.model.generate(ask(prefill="Sure,"))).text == " here"
    assert on.server.body["messages"][-1]["prefix"] is True


async def test_a_server_that_cannot_continue_is_asked_to_begin_so(serve, ask):
    on = await serve(says("\nSure, here", logprobs=TOKENS))
    request = ask(prefill="Sure,", sampling=Sampling(top_k=3), first_token=2)
    reply = await on.model.generate(request)
    assert reply.text == " here"
    assert reply.first_token is None
    assert not on.model.capabilities.prefill
    (message,) = on.server.body["messages"]
    assert message["content"].endswith(":\nSure,")
    assert not {"continue_final_message", "top_k"} & on.server.body.keys()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("eos_token", "stop"),
        ("stop_sequence", "stop"),
        ("length", "length"),
        ("max_tokens", "length"),
        ("content_filter", "filter"),
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "filter"),
        ("PROHIBITED_CONTENT", "filter"),
        ("tool_calls", "other"),
        ("abort", "other"),
        (None, "other"),
    ],
)
async def test_finish_reasons_are_told_apart(serve, ask, said: str | None, meant: str):
    reply = await (await serve(says(None, finish_reason=said))).model.generate(ask())
    assert (reply.finish, reply.text) == (meant, "")


async def test_a_refusal_in_its_own_field_is_the_text(serve, ask):
    on = await serve(says(None, message={"refusal": "I cannot."}))
    assert (await on.model.generate(ask())).text == "I cannot."


async def test_text_in_parts_is_put_together(serve, ask):
    parts = [{"type": "thinking", "thinking": []}, {"type": "text", "text": "a"}]
    on = await serve(says(None, message={"content": [*parts, {"type": "text", "text": "b"}]}))
    assert (await on.model.generate(ask())).text == "ab"


@pytest.mark.parametrize(
    ("parts", "text", "reasoning"),
    [
        ([{"type": "refusal", "refusal": "I cannot."}], "I cannot.", ""),
        ([{"type": "output_text", "text": "a"}], "a", ""),
        ([{"type": "text", "text": None}], "", ""),
        ([{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}], "", "hm"),
        ([{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "a"}], "a", "hm"),
        ([{"type": "reasoning", "text": "hm"}], "", "hm"),
        ([], "", ""),
    ],
)
async def test_parts_are_answer_thought_or_refusal(serve, ask, parts, text: str, reasoning: str):
    reply = await (await serve(says(None, message={"content": parts}))).model.generate(ask())
    assert (reply.text, reply.reasoning) == (text, reasoning)


TOP = [{"token": "b", "logprob": -2.0}, {"token": "a", "logprob": -0.5}]
TOKENS = {
    "content": [
        {"token": "a", "logprob": -0.5, "top_logprobs": TOP},
        {"token": "b", "logprob": -1.0, "top_logprobs": []},
    ]
}


async def test_log_probabilities_come_with_the_reply(serve, ask):
    on = await serve(says("ab", logprobs=TOKENS))
    reply = await on.model.generate(ask(logprobs=True))
    assert reply.logprobs == (-0.5, -1.0)


async def test_alternatives_of_the_first_token_are_ranked(serve, ask):
    on = await serve(says("ab", logprobs=TOKENS))
    reply = await on.model.generate(ask(first_token=2))
    assert (on.server.body["logprobs"], on.server.body["top_logprobs"]) == (True, 2)
    ranked = (Alternative(token="a", logprob=-0.5), Alternative(token="b", logprob=-2.0))
    assert reply.first_token == ranked


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503])
async def test_failures_that_may_pass_are_transient(serve, ask, status: int):
    on = await serve(fails(status, "busy", **{"Retry-After": "7"}))
    with pytest.raises(TransientModelError, match="busy") as caught:
        await on.model.generate(ask())
    assert caught.value.retry_after_s == 7


async def test_a_retry_date_is_read(serve, ask):
    on = await serve(fails(503, "", **{"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}))
    with pytest.raises(TransientModelError) as caught:
        await on.model.generate(ask())
    assert caught.value.retry_after_s is not None
    assert caught.value.retry_after_s > 1e9


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (400, "never tried again"),
        (401, "check the key in the environment variable TEST_KEY"),
        (403, "check the key in the environment variable TEST_KEY"),
        (404, "check the model's name and base_url"),
        (422, "never tried again"),
    ],
)
async def test_a_refusal_names_place_reason_and_remedy(serve, ask, status: int, remedy: str):
    body = json.dumps({"error": {"message": f"bad key {KEY} given"}})
    on = await serve(fails(status, body))
    with pytest.raises(RefusedError, match=r"bad key \*\*\* given") as caught:
        await on.model.generate(ask())
    said = str(caught.value)
    assert f"openai:some/model at {on.server.url}: HTTP {status}" in said
    assert remedy in said
    assert caught.value.status == status


async def test_a_missing_key_is_said_to_be_missing(serve, ask):
    on = await serve(fails(401, '{"detail": "who are you"}'), api_key_env="NO_SUCH_KEY")
    with pytest.raises(RefusedError, match=r"who are you; no key is set in .* NO_SUCH_KEY"):
        await on.model.generate(ask())


@pytest.mark.parametrize("body", ['{"choices": [{"mess', '{"choices": []}', "<html>", "", "[]"])
async def test_an_unreadable_reply_is_transient(serve, ask, body: str):
    with pytest.raises(TransientModelError, match="unreadable"):
        await (await serve(fails(200, body))).model.generate(ask())


@pytest.mark.parametrize(("code", "kind"), [(502, TransientModelError), (403, RefusedError)])
async def test_a_failure_inside_a_reply_is_a_failure(serve, ask, code: int, kind: type[Exception]):
    on = await serve(fails(200, json.dumps({"error": {"code": code, "message": "no luck"}})))
    with pytest.raises(kind, match=f"HTTP {code}: no luck"):
        await on.model.generate(ask())


async def test_a_truncated_body_and_a_dropped_connection_are_transient(serve, ask):
    async def truncate(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Length": "1000"})
        await answer.prepare(request)
        await answer.write(b'{"choices": [')
        assert request.transport is not None
        request.transport.close()
        return answer

    for answer in (truncate, drops):
        with pytest.raises(TransientModelError):
            await (await serve(answer)).model.generate(ask())


async def test_a_server_too_slow_is_transient(serve, ask):
    async def sleep(_: web.Request) -> web.Response:
        await asyncio.sleep(0.3)
        return web.Response()

    with pytest.raises(TransientModelError, match="option timeout_s"):
        await (await serve(sleep, timeout_s=0.05)).model.generate(ask())


async def test_a_redirect_is_not_followed(serve, start, ask):
    other = await start(says("stolen"))
    on = await serve(fails(307, "", Location=f"{other.url}/chat/completions"))
    with pytest.raises(RefusedError, match=f"redirects to {other.url}"):
        await on.model.generate(ask())
    assert not other.seen


async def test_what_the_protocol_cannot_do_is_said(serve, ask):
    on = await serve(says("x"))
    with pytest.raises(ModelError, match="score"):
        await on.model.score((), "x")
    with pytest.raises(ModelError, match="regex_field"):
        await on.model.generate(ask(regex="a"))


async def test_the_key_shows_nowhere(serve, ask, caplog: pytest.LogCaptureFixture):
    caplog.set_level("DEBUG")
    on = await serve(fails(400, f"you sent {KEY}"))
    with pytest.raises(RefusedError) as caught:
        await on.model.generate(ask())
    (endpoint,) = vars(on.model)["_pool"].endpoints
    shown = [repr(on.model), repr(vars(on.model)), repr(vars(endpoint)), str(on.model.status())]
    shown += [repr(caught.value), repr(caught.value.__context__), caplog.text]
    assert not [text for text in shown if KEY in text]


def test_a_password_in_the_address_is_refused_and_not_shown():
    with pytest.raises(InputError, match="api_key_env") as caught:
        resolve("openai:some/model", base_url="http://ann:hunter22@localhost:8000/v1")
    assert "hunter22" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"base_url": "localhost:8000"}, "localhost:8000"),
        ({"colour": "red"}, "colour"),
        ({"base_urls": [{"url": "http://a/v1", "max_concurrency": 0}]}, "max_concurrency"),
        ({"base_url": "http://a/v1", "base_urls": ["http://b/v1"]}, "not both"),
        ({"base_urls": ["http://a/v1", "http://a/v1/"]}, "twice"),
        ({"retry": {"tries": 3}}, "retry"),
    ],
)
def test_a_bad_option_is_the_users_mistake(options: dict[str, Any], named: str):
    with pytest.raises(InputError, match=named):
        resolve("openai:m", **options)


async def test_base_url_and_key_come_from_the_environment(
    start, ask, monkeypatch: pytest.MonkeyPatch
):
    server = await start(says("x"), owned_by("vllm"))
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "from-the-environment")
    model = resolve("openai:m")
    await model.aopen()
    await model.generate(ask())
    await model.aclose()
    assert server.seen[-1].authorization == "Bearer from-the-environment"
