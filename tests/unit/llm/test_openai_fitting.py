"""What is learnt from refusals: from which words, for which calls, for how long."""

# pyright: basic
from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from aiohttp import web
from tests.conversations import TALK
from tests.dialects import DIALECTS, PeculiarServer, deepseek, roles, schema_of
from tests.openai_server import VLLM, ask, completion, fails, in_turn, says

from specloop.errors import NotScoredError, RefusedError, TransientModelError
from specloop.llm.base import Request, schema_text
from specloop.records import Message, Sampling

OBJECT: dict[str, Any] = {"type": "object", "required": ["a"], "additionalProperties": False}
WORD = OBJECT | {"properties": {"a": {"type": "string"}}}
SHORT = OBJECT | {"properties": {"a": {"type": "string", "maxLength": 9}}}
LIST = OBJECT | {"properties": {"a": {"type": "array", "items": {"type": "string"}}}}
SYSTEM = (Message(role="system", content="Be brief."), Message(role="user", content="hi"))

NO_SYSTEM = [
    (400, "System role not supported"),
    (400, "System messages are not supported by this model"),
    (400, "This model does not support system prompts"),
    (400, "Conversation roles must alternate user/assistant/user/assistant/..."),
    (500, "Jinja Exception: Conversation roles must alternate user/assistant/user/..."),
    (422, "Template error: unknown role: system. Only user and assistant roles are supported!"),
    (400, "Unsupported value: 'messages[0].role' does not support 'system' with this model."),
    (400, "Developer instruction is not enabled for models/gemma-3-27b-it"),
    (400, "messages.0.role: Input should be 'user' or 'assistant'"),
    (400, 'messages: Unexpected role "system". Use the top-level parameter.'),
    (422, "messages[0].role: unknown variant `system`, expected `user` or `assistant`"),
    (400, "System message must be at the beginning."),
    (400, "Invalid role: system"),
]
NO_PARTS = [
    (400, "Failed to deserialize the JSON body: messages[1]: invalid type: sequence, expected a "),
    (422, "messages[1]: invalid type: sequence, expected a string at line 17 column 3"),
    (500, "Internal server error: sequence item 0: expected str instance, list found"),
    (400, "'messages.1.content' : value must be a string"),
    (400, "unknown content type"),
    (500, "json: cannot unmarshal array into Go struct field Message.content of type string"),
    (400, "Type mismatch for 'messages.1.content' key, expected 'String' type"),
    (422, "body.messages.1.content: Input should be a valid string"),
]
NO_SCHEMA = [
    (400, "This response_format type is unavailable now"),
    (422, "response_format: response_format.type `json_schema` is unavailable now at line 1"),
    (400, "response_format value as json_schema is enabled only for api versions 2024-08-01"),
    (400, "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this"),
    (400, "Failed to initialize samplers: failed to parse grammar"),
    (400, "The provided JSON schema contains features not supported by xgrammar."),
    (500, "guided decoding failed: could not compile the grammar"),
    (404, "No endpoints found that support the parameters: structured outputs"),
    (404, "No endpoints found that can handle the requested parameters."),
    (422, "Extra inputs are not permitted: response_format"),
    (400, "unsupported parameter: response_format"),
    (400, "The compiled grammar is too large, please reduce the number of strict tools"),
    (400, "The specified schema produces a constraint that has too many states for serving."),
    (400, "Invalid value: 'json_schema'. Supported values are: 'text' and 'json_object'."),
    (400, "This model does not support response format `json_schema`."),
    (400, "litellm.UnsupportedParamsError: m does not support parameters: ['response_format']"),
    (500, "failed to load model vocabulary required for format"),
]
NOT_THE_FORM = [
    (400, "This model's maximum context length is 4096 tokens. However, you requested 5000."),
    (400, "the request exceeds the available context size; reduce max_tokens"),
    (400, "The response was filtered by Azure OpenAI's content management policy."),
    (402, "Insufficient balance"),
    (403, "response_format needs another plan"),
    (400, "max_tokens is too large: 9000. This model supports at most 4096 completion tokens."),
    (400, "Your prompt was flagged by our safety system, which does not allow it."),
    (404, "The model `m` does not exist or you do not have access to it."),
    (400, "Incorrect API key provided; it is not valid for json_mode or seed."),
]


@pytest.fixture
def new_process(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Forget what this process has learnt; what is noted stays."""
    return lambda: monkeypatch.setattr("specloop.llm.backends.openai.fitting._shared", {})


def refusing(refused: Any, status: int, words: str) -> Any:
    """A server that refuses some bodies in some words."""
    return PeculiarServer(
        lambda body: (status, {"error": {"message": words}}) if refused(body) else None
    )


@pytest.mark.parametrize(("status", "words"), NO_SYSTEM)
async def test_system_text_goes_to_the_user_where_no_system_role_is_taken(serve, status, words):
    server = refusing(lambda body: "system" in roles(body), status, words)
    on = await serve(server.answer)
    for _ in range(2):
        await on.model.generate(Request(messages=SYSTEM))
    assert len(server.refused) == 1
    assert server.taken[-1]["messages"] == [{"role": "user", "content": "Be brief.\n\nhi"}]


@pytest.mark.parametrize(("status", "words"), NO_PARTS)
async def test_parts_are_one_text_where_none_are_taken(serve, status, words):
    def refuses(body: dict[str, Any]) -> Any:
        parts = any(isinstance(turn["content"], list) for turn in body["messages"])
        return (status, {"error": {"message": words}}) if parts else None

    server = PeculiarServer(refuses)
    on = await serve(server.answer)
    for _ in range(2):
        await on.model.generate(Request(messages=TALK[:2]))
    assert on.server.body["messages"][1]["content"] == "My roses wilt.\nWhy?"
    assert len(server.refused) == 1


async def test_turns_alternate_once_a_server_asks_for_it(serve):
    def uneven(body: dict[str, Any]) -> bool:
        said = roles(body)
        return any(a == b for a, b in pairwise(said)) or "system" in said

    server = refusing(uneven, 400, "Conversation roles must alternate user/assistant")
    on = await serve(server.answer)
    said = ["system", "user", "user", "assistant", "system", "user", "system"]
    turns = tuple(Message(role=r, content=str(n)) for n, r in enumerate(said))  # type: ignore[arg-type]
    await on.model.generate(Request(messages=turns))
    told = [(m["role"], m["content"]) for m in server.taken[-1]["messages"]]
    assert told == [("user", "0\n\n1\n\n2"), ("assistant", "3"), ("user", "4\n\n5\n\n6")]


async def test_a_system_message_stays_where_only_the_turns_have_to_alternate(serve):
    words = "After the optional system message, conversation roles must alternate user/assistant"
    server = refusing(lambda body: roles(body) != ["system", "user"], 400, words)
    on = await serve(server.answer)
    more = Message(role="user", content="there")
    for _ in range(2):
        await on.model.generate(Request(messages=(*SYSTEM, more)))
    assert len(server.refused) == 1
    assert [m["content"] for m in server.taken[-1]["messages"]] == ["Be brief.", "hi\n\nthere"]


@pytest.mark.parametrize(("status", "words"), NO_SCHEMA)
async def test_the_fields_are_put_in_words_where_no_schema_is_taken(serve, status, words):
    server = refusing(lambda body: "json_schema" in body.get("response_format", ()), status, words)
    on = await serve(server.answer)
    for _ in range(2):
        await on.model.generate(ask(json_schema=schema_text(WORD)))
    assert len(server.refused) == 1
    assert '- "a": text' in server.taken[-1]["messages"][-1]["content"]


@pytest.mark.parametrize(("status", "words"), NOT_THE_FORM)
async def test_other_refusals_teach_nothing(serve, status, words):
    server = refusing(lambda _: True, status, words)
    on = await serve(server.answer)
    with pytest.raises(RefusedError, match=words[:20]):
        await on.model.generate(ask(json_schema=schema_text(WORD)))
    assert len(server.refused) == 1


async def test_an_unclear_refusal_is_probed_once_without_the_schema(serve):
    server = refusing(lambda _: True, 400, "Bad request")
    on = await serve(server.answer)
    for n in (3, 4):
        with pytest.raises(RefusedError, match="Bad request"):
            await on.model.generate(ask(json_schema=schema_text(WORD)))
        assert len(server.refused) == n


async def test_a_fault_that_passes_is_no_lesson_about_schemas(serve):
    server = refusing(lambda _: len(server.refused) < 1, 400, "Bad request")
    on = await serve(server.answer)
    for _ in range(2):
        await on.model.generate(ask(json_schema=schema_text(WORD)))
    assert len(server.refused) == 1
    assert all(schema_of(body) for body in server.taken)


@pytest.mark.parametrize(("schemas", "n"), [((WORD,), 2), ((WORD, LIST), 0)])
async def test_what_no_refusal_has_named_is_noted_once_it_holds_for_two_schemas(
    start, connect, new_process, schemas, n
):
    server = refusing(lambda body: "response_format" in body, 422, "Unprocessable: id 4711")
    served = await start(server.answer)
    for more in (2 * len(schemas), n):
        new_process()
        model = await connect(base_url=served.url)
        server.refused.clear()
        for _ in range(2):
            for schema in schemas:
                await model.generate(ask(json_schema=schema_text(schema)))
        assert len(server.refused) == more


async def test_one_schema_refused_leaves_the_others_alone(serve):
    server = refusing(
        lambda body: "array" in json.dumps(schema_of(body)), 400, "Invalid schema: no arrays"
    )
    on = await serve(server.answer)
    for schema in (WORD, LIST, WORD, LIST):
        await on.model.generate(ask(json_schema=schema_text(schema)))
    forms = [body.get("response_format", {}).get("type") for body in server.taken]
    assert forms == ["json_schema", "json_object", "json_schema", "json_object"]
    assert len(server.refused) == 1


async def test_limits_a_server_refuses_are_described_instead(serve):
    def limited(body: dict[str, Any]) -> bool:
        return "maxLength" in json.dumps(schema_of(body))

    server = refusing(limited, 400, "Invalid schema: In context=(), 'maxLength' is not permitted.")
    on = await serve(server.answer)
    await on.model.generate(ask(json_schema=schema_text(SHORT)))
    (found,) = schema_of(server.taken[-1])["properties"].values()
    assert found == {"type": "string", "description": "text of at most 9 characters"}


async def test_a_request_may_have_its_own_form_without_a_schema(serve):
    server = PeculiarServer(deepseek)
    on = await serve(server.answer)
    in_lines = ask("in lines, please").messages
    request = ask(json_schema=schema_text(WORD), without_schema=in_lines)
    await on.model.generate(request)
    assert server.taken[-1]["messages"][-1]["content"] == "in lines, please"
    assert "response_format" not in server.taken[-1]
    assert request.key("m") == ask(json_schema=schema_text(WORD)).key("m")


async def test_many_calls_at_once_meet_a_refusal_once(serve):
    server = PeculiarServer(deepseek)
    on = await serve(server.answer)
    calls = (on.model.generate(ask(str(n), json_schema=schema_text(WORD))) for n in range(200))
    await asyncio.gather(*calls)
    assert (len(server.refused), len(server.taken)) == (1, 200)


async def test_roles_that_ask_the_same_model_share_what_they_learn(start, connect):
    server = PeculiarServer(deepseek)
    served = await start(server.answer)
    roles = [await connect(base_url=served.url) for _ in range(5)]
    request = ask(json_schema=schema_text(WORD))
    await asyncio.gather(*(model.generate(request) for model in roles))
    assert (len(server.refused), len(server.taken)) == (1, 5)


async def test_what_a_refusal_shows_of_the_request_is_not_read(serve):
    prompt = "Is 'temperature' not supported? And 'seed'?"
    found = {"type": "less_than", "loc": ["body", "n"], "msg": "Input is wrong", "input": prompt}
    server = PeculiarServer(lambda _: (422, {"detail": [found]}))
    on = await serve(server.answer)
    with pytest.raises(RefusedError, match="Input is wrong"):
        await on.model.generate(ask(prompt))
    assert len(server.refused) == 1


async def test_a_model_that_is_not_there_is_not_asked_twice(serve):
    server = refusing(lambda _: True, 404, "The model `json-schema-7b` does not exist")
    on = await serve(server.answer)
    with pytest.raises(RefusedError, match="does not exist"):
        await on.model.generate(ask(json_schema=schema_text(WORD)))
    assert len(server.refused) == 1


async def test_a_slow_first_answer_holds_the_others_up_for_a_moment_only(serve, monkeypatch):
    monkeypatch.setattr("specloop.llm.backends.openai.fitting._HEAD_START_S", 0.05)
    release = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        if (await request.json())["messages"][0]["content"] == "0":
            await release.wait()
        return web.json_response(completion("x"))

    on = await serve(answer)
    calls = [asyncio.ensure_future(on.model.generate(ask(str(n)))) for n in range(20)]
    await asyncio.wait(calls[1:], timeout=5)
    assert [call.done() for call in calls] == [False] + 19 * [True]
    release.set()
    await calls[0]


async def test_a_first_call_that_goes_ahead_is_no_measure_for_the_others(serve):
    n_asked = 0

    async def answer(_: web.Request) -> web.StreamResponse:
        nonlocal n_asked
        n_asked += 1
        await asyncio.sleep(0.05 if n_asked > 1 else 0)
        return web.json_response(completion("x"))

    on = await serve(answer, max_concurrency=32)
    await asyncio.gather(*(on.model.generate(ask(str(n))) for n in range(200)))
    assert on.model.status()[0].limit == 32


async def test_what_was_learnt_is_told_once_and_known_to_the_next_run(
    start, connect, capsys, new_process
):
    server = PeculiarServer(DIALECTS["OpenAI, reasoning models"].refuses)
    served = await start(server.answer)
    for _ in range(2):
        new_process()
        model = await connect(base_url=served.url)
        await model.generate(ask())
        assert len(server.refused) == 2
    told = capsys.readouterr().err
    assert told.count("max_tokens as max_completion_tokens") == 1
    assert "no temperature: left out" in told
    assert server.taken[0] == server.taken[1]


@pytest.mark.parametrize(("days", "n"), [(1, 1), (40, 2)])
async def test_what_was_learnt_is_forgotten_in_time(
    start, connect, monkeypatch, new_process, days: int, n: int
):
    server = PeculiarServer(deepseek)
    served = await start(server.answer)
    request = ask(json_schema=schema_text(WORD))
    await (await connect(base_url=served.url)).generate(request)
    later = time.time() + days * 24 * 3600
    monkeypatch.setattr("specloop.llm.backends.openai.notes.time.time", lambda: later)
    new_process()
    await (await connect(base_url=served.url)).generate(request)
    assert len(server.refused) == n


@pytest.mark.parametrize(
    ("how", "form"), [("schema", "json_schema"), ("object", "json_object"), ("words", None)]
)
async def test_the_form_can_be_said_beforehand(serve, how: str, form: str | None):
    on = await serve(says('{"a": "b"}'), structured=how)
    assert on.model.capabilities.json_schema == (how != "words")
    await on.model.generate(ask(json_schema=schema_text(WORD)))
    assert on.server.body.get("response_format", {}).get("type") == form


async def test_a_schema_that_was_asked_for_is_not_given_up(serve):
    on = await serve(PeculiarServer(deepseek).answer, structured="schema")
    with pytest.raises(RefusedError, match="unavailable"):
        await on.model.generate(ask(json_schema=schema_text(WORD)))


async def test_system_text_can_be_put_to_the_user_beforehand(serve):
    on = await serve(says("x"), system="user")
    await on.model.generate(Request(messages=SYSTEM))
    assert on.server.body["messages"] == [{"role": "user", "content": "Be brief.\n\nhi"}]


@pytest.mark.parametrize(
    ("words", "gone"),
    [
        ("Unrecognized request argument supplied: seed", "seed"),
        ("property 'seed' is unsupported, did you mean to remove it?", "seed"),
        ("unknown field `seed`, expected one of `temperature`, `top_p`, `max_tokens`", "seed"),
        ("`temperature` and `top_p` cannot both be specified for this model.", "top_p"),
        ("top_p must be in (0, 1)", "top_p"),
        ("invalid temperature: only 1 is allowed for this model", "temperature"),
        ("stop: array too long. Expected at most 4 elements", "stop"),
        ("Argument not supported on this model: stop", "stop"),
        ("does not support parameters: {'seed': 0}, for model=m", "seed"),
        ("Request [top_p] param must be (0,1)", "top_p"),
        ("`temperature` is deprecated for this model.", "temperature"),
    ],
)
async def test_a_parameter_that_is_named_is_left_out(serve, words: str, gone: str):
    server = refusing(lambda body: gone in body, 400, words)
    on = await serve(server.answer)
    await on.model.generate(ask(sampling=Sampling(temperature=0.5, stop=("red",))))
    assert len(server.refused) == 1
    also = {"top_p"} if gone == "temperature" else set()
    sent = {"messages", "model", "temperature", "top_p", "seed", "max_tokens", "stop"}
    assert set(server.taken[-1]) == sent - {gone} - also


async def test_replies_are_cut_here_where_no_stop_is_taken(serve):
    server = refusing(lambda body: "stop" in body, 400, "'stop' is not supported with this model")
    on = await serve(server.answer)
    reply = await on.model.generate(ask(sampling=Sampling(stop=("red", " is"))))
    assert reply.text == "Well, it"


async def test_greedy_drawing_has_a_form_where_zero_is_refused(serve):
    words = "Invalid params: temperature must be in range (0, +inf)"
    server = refusing(lambda body: body["temperature"] <= 0, 422, words)
    on = await serve(server.answer)
    await on.model.generate(ask())
    assert server.taken[-1]["temperature"] == 0.01


async def test_the_length_is_renamed_or_an_error(serve):
    words = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    server = refusing(lambda body: "max_tokens" in body, 400, words)
    await (await serve(server.answer)).model.generate(ask())
    assert server.taken[-1]["max_completion_tokens"] == 256
    server = refusing(lambda _: True, 400, "Unsupported parameter: 'max_tokens'.")
    with pytest.raises(RefusedError, match="max_tokens"):
        await (await serve(server.answer)).model.generate(ask())


async def test_a_router_hands_on_what_the_provider_said(serve):
    def refuses(body: dict[str, Any]) -> Any:
        raw = json.dumps({"error": {"message": "System role not supported"}})
        inside = {"message": "Provider returned error", "code": 400, "metadata": {"raw": raw}}
        return (200, {"error": inside}) if "system" in roles(body) else None

    server = PeculiarServer(refuses)
    await (await serve(server.answer)).model.generate(Request(messages=SYSTEM))
    assert len(server.refused) == 1


FAILED = {"index": 0, "message": {"role": "assistant", "content": ""}, "finish_reason": "error"}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"choices": None, "error": {"message": "Provider returned error", "code": 502}}, None),
        ({"choices": [FAILED | {"error": {"code": 502, "message": "timeout"}}]}, None),
        ({"choices": [FAILED]}, None),
        ({"choices": [{"message": {"content": "", "error": {"message": "upstream"}}}]}, None),
        ({"choices": [FAILED | {"finish_reason": "stop", "error": 502}]}, None),
        ({"choices": [FAILED | {"message": None, "error": "overloaded"}]}, None),
        ({"choices": [FAILED | {"finish_reason": "insufficient_system_resource"}]}, None),
        ({"choices": [], "error": {"message": "slow down", "code": "rate_limited"}}, None),
        ({"choices": [FAILED | {"error": {"code": "403", "message": "no"}}]}, RefusedError),
        ({"error": {"code": "context_length_exceeded", "message": "long"}}, RefusedError),
    ],
)
async def test_an_error_inside_a_reply_is_an_error(serve, body: Any, kind: Any):
    on = await serve(in_turn(fails(200, json.dumps(body)), says("x")))
    with pytest.raises(kind or TransientModelError):
        await on.model.generate(ask())
    assert (await on.model.generate(ask())).text == "x"


@pytest.mark.parametrize("empty", [None, {}, "", False, [], {"message": "", "code": None}])
async def test_an_error_that_tells_nothing_beside_an_answer_is_none(serve, empty: object):
    answer = {"message": {"content": "x"}, "finish_reason": "stop", "error": empty}
    body = json.dumps({"error": empty, "choices": [answer]})
    assert (await (await serve(fails(200, body))).model.generate(ask())).text == "x"


_ROSES = {"7": {"logprob": -0.5, "decoded_token": "roses"}}


@pytest.mark.parametrize("messages", [(), ask().messages])
@pytest.mark.parametrize(
    "answer",
    [
        says("x"),
        fails(200, '{"choices": null}'),
        fails(200, '{"choices": [{"prompt_logprobs": null}], "prompt_logprobs": []}'),
        fails(200, '{"choices": [{"prompt_logprobs": [-0.1, -0.2]}]}'),
        fails(200, json.dumps({"choices": [{"prompt_logprobs": [None, _ROSES, None, _ROSES]}]})),
        fails(200, json.dumps({"choices": [], "prompt_logprobs": [None, {}, _ROSES]})),
        fails(404, "not found"),
        fails(400, '{"message": "prompt_logprobs: Extra inputs are not permitted"}'),
    ],
)
async def test_a_server_that_only_looks_like_vllm_scores_nothing(serve, messages, answer):
    on = await serve(answer, VLLM)
    with pytest.raises(NotScoredError):
        await on.model.score(messages, "roses")


@pytest.mark.parametrize("words", ["only ", "one of '", "expected '", "use the ", "system "])
async def test_a_refusal_made_to_be_slow_to_read_is_read_at_once(serve, words):
    server = refusing(lambda _: True, 400, f"response_format schema {words * 5000}")
    on = await serve(server.answer)
    began = time.process_time()
    with pytest.raises(RefusedError):
        await on.model.generate(ask(json_schema=schema_text(WORD)))
    assert time.process_time() - began < 0.3 * len(server.refused)
