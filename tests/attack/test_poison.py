"""Replies and answers of a server that are made to crash, to freeze or to fill the memory."""

# pyright: basic
from __future__ import annotations

import asyncio
import contextlib
import json
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web

from specloop import checking
from specloop.ended import is_blank
from specloop.errors import ModelError
from specloop.jsontext import cleaned, read_value
from specloop.judging.value_form import ValueForm
from specloop.judging.verdict_form import VerdictForm
from specloop.llm import repair as _mending
from specloop.llm.backends import resolve
from specloop.llm.backends.openai import connection as _connection
from specloop.llm.backends.openai.completion import Completion, to_reply
from specloop.llm.backends.scripted import ScriptedModel
from specloop.llm.base import MOST_CHARS, Reply, Request
from specloop.llm.calls.cache import Call, CallCache, add_calls
from specloop.llm.structured import UnreadableError, ask_json, parse_json
from specloop.llm.thinking import Begun, apart
from specloop.records import Message, Specs
from specloop.responding.thinking import plain
from specloop.responding.wording import OurWording
from specloop.specbench.reference.verdicts import read_joint
from tests.attack.growth import assert_linear
from tests.openai_server import OpenAIServer

ASKED = Request(messages=(Message(role="user", content="Hi"),))

BOMBS = ('{"', '["a" ', "{", "[", '{"a":', '{"a": "b" ', '[{"a":"', "(", '"a":', "{a:", "//", "/*")
BOMBS += ('{"a":"b"c"d" ', "1.1.", "```json\n{", "}{", "[1]", '{"a":1}', '{"k": “v” ', "\\", '"')


def looks_at(text: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often json_repair looks at a text before it is done or gives up."""
    n = 0
    look = _mending._Counted.__getitem__

    def counting(self: _mending._Counted, key: int) -> str:
        nonlocal n
        n += 1
        return look(self, key)

    with monkeypatch.context() as patched, contextlib.suppress(ValueError):
        patched.setattr(_mending._Counted, "__getitem__", counting)
        _mending.repaired_json(text)
    return n


@pytest.mark.parametrize("bomb", BOMBS)
def test_mending_grows_with_the_length_and_no_faster(
    bomb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in (2_000, 8_000):
        text = (bomb * n)[:n]
        assert looks_at(text, monkeypatch) < 6_000 + 12.1 * n


def test_what_real_replies_need_is_far_below_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = '{"text": "never say "yes" at all", "quote": "it\'s so",}'
    text = "[" + ",\n".join([rule] * 50)
    assert looks_at(text, monkeypatch) < 6 * len(text)
    assert len(parse_json(text)) == 50


POISON = {
    "nested": "[" * 1_200 + "]" * 1_200,
    "nested objects": '{"a":' * 1_200 + "1" + "}" * 1_200,
    "nested to the end": '{"a":' * 100_000,
    "digits": '{"mood": ' + "9" * 4_400 + "}",
    "hex in prose": "so it is {mood: 0x" + "f" * 5_000,
    "brackets": '{"' * 6_000,
    "long": "no JSON " * 20_000,
    "nothing": "\x00" * 100,
}


@pytest.mark.parametrize("text", POISON.values(), ids=POISON)
async def test_a_reply_that_cannot_be_read_is_a_failure_of_its_own(text: str) -> None:
    def read(value: object) -> str:
        if not isinstance(value, dict) or not isinstance(value.get("mood"), str):
            raise ValueError("no mood")
        return value["mood"]

    model = ScriptedModel(text)
    with pytest.raises(UnreadableError):
        await ask_json(model, ASKED, read)


@pytest.mark.parametrize("text", POISON.values(), ids=POISON)
def test_no_grader_trips_over_a_reply(text: str) -> None:
    reply = Reply(text=text)
    for enforced in (True, False):
        assert not ValueForm("k" * 12, ("verdict",), enforced, ("YES", "NO")).read(reply).items
        assert not VerdictForm("k" * 12, ("S1", "S2"), enforced, 200).read(reply).items


@pytest.mark.parametrize("value", ["Infinity", "-Infinity", "NaN", "1e999"])
def test_a_number_that_is_none_is_a_value_like_others(value: str) -> None:
    assert isinstance(parse_json(f'{{"a": {value}}}')["a"], float)


def test_halves_of_characters_and_doubled_names_are_read() -> None:
    assert parse_json('{"a": "\\ud800", "a": "b\\udc00"}') == {"a": "b?"}


def test_depth_and_digits_have_a_bound_that_no_honest_value_meets() -> None:
    value: object = "x"
    for _ in range(90):
        value = [value]
    assert cleaned(value) == value
    with pytest.raises(ValueError, match="nested too deeply"):
        cleaned([[[[[[[[[[[value]]]]]]]]]]])
    with pytest.raises(ValueError, match="too many digits"):
        read_value("[" + "9" * 4_000 + "]")


def test_a_reply_longer_than_any_that_can_be_asked_for_is_cut() -> None:
    long = "a" * (MOST_CHARS + 1)
    completion = Completion.model_validate(
        {"choices": [{"message": {"content": long}, "finish_reason": "stop"}]}
    )
    for reply in (Reply(text=long), to_reply(completion, Begun()), Reply(text="", reasoning=long)):
        assert len(reply.text) + len(reply.reasoning) == MOST_CHARS
        assert reply.finish == "length"


def test_a_long_reply_that_was_stored_before_is_cut_when_it_is_read(tmp_path: Path) -> None:
    cache = CallCache(tmp_path / "calls.sqlite")
    told = json.dumps({"text": "a" * (MOST_CHARS + 9), "finish": "stop"})
    add_calls(cache._db, "main", [Call("key", "m", 1, told)])
    cache.note("key")
    reply = cache.get("key")
    assert reply is not None
    assert (len(reply.text), reply.finish) == (MOST_CHARS, "length")


@pytest.mark.parametrize("mark", ["<think></think>", "a </think> b\n", "<think>", "`</think>` "])
def test_thoughts_are_told_apart_in_a_time_that_grows_with_the_length(mark: str) -> None:
    assert_linear(lambda text: apart(text, Begun()), lambda n: mark * n, 500)


async def endless(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    await answer.write(b'{"choices": [{"message": {"content": "')
    while True:
        await answer.write(b"x" * 100_000)


async def one_number(request: web.Request) -> web.StreamResponse:
    return web.Response(body=b'{"choices": [' + b"9" * 3_000_000 + b"]}")


async def bomb(request: web.Request) -> web.StreamResponse:
    body = zlib.compress(b" " * 30_000_000)
    return web.Response(body=body, headers={"Content-Encoding": "deflate"})


async def loud_error(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(status=400)
    await answer.prepare(request)
    await answer.write(b'{"error": {"message": "too hot')
    while True:
        await answer.write(b"x" * 100_000)


@pytest.mark.parametrize("handler", [endless, one_number, bomb, loud_error])
async def test_a_body_without_end_is_one_failed_call(
    handler: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_connection, "MAX_BODY", 2_000_000)
    server = OpenAIServer(handler)
    await server.start()
    model = resolve("openai:m", base_url=server.url, server="vllm")
    try:
        with pytest.raises(ModelError) as caught:
            await model.generate(ASKED)
    finally:
        await model.aclose()
        await server.stop()
    assert len(str(caught.value)) < 1_000


async def test_a_slow_body_is_given_up_at_once_when_the_caller_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def slow(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b" ")
            await asyncio.sleep(0.01)

    server = OpenAIServer(slow)
    await server.start()
    model = resolve("openai:m", base_url=server.url, server="vllm")
    call = asyncio.create_task(model.generate(ASKED))
    await asyncio.sleep(0.1)
    call.cancel()
    try:
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(call, 1)
    finally:
        await model.aclose()
        await server.stop()


@pytest.mark.parametrize("page", ["[" * 50_000, '{"data": [' + "{}," * 900_000, "9" * 5_000_000])
async def test_a_listing_without_end_leaves_the_server_unknown(
    page: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(_connection, "MAX_BODY", 2_000_000)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response({})

    server = OpenAIServer(answer)

    async def listing(request: web.Request) -> web.Response:
        return web.Response(text=page, content_type="application/json")

    monkeypatch.setattr(server, "_page", listing)
    await server.start()
    model = resolve("openai:m", base_url=server.url)
    try:
        await model.aopen()
    finally:
        await model.aclose()
        await server.stop()


@pytest.mark.parametrize(
    "text", ["&#" + "9" * 5_000 + ";", "<!--" * 20_000, "&#x" + "f" * 5_000 + ";"]
)
def test_an_answer_of_marks_is_told_apart_from_words(text: str) -> None:
    assert is_blank(text)
    assert not is_blank(f"...{text} Yes")


def _made(mark: str, n: int) -> str:
    return f"The bot\n{mark * (n // len(mark))}!"


@pytest.mark.parametrize(
    ("rule", "mark"),
    [
        ("Do not use Markdown.", "["),
        ("Do not use Markdown.", "[a]("),
        ("Never give phone numbers, links or e-mail addresses.", "a-"),
        ("Never give phone numbers or e-mail addresses.", "1."),
        ("Write at least three sentences.", ".\n"),
        ("Give a numbered list.", "1. a\n"),
        ("Give a numbered list.", "`"),
        ("Write at least three sentences.", "```\n"),
    ],
)
def test_a_check_decides_in_a_time_that_grows_with_the_answer(rule: str, mark: str) -> None:
    call = checking.compile_check(rule)
    assert call is not None
    assert_linear(
        lambda text: checking.decide(call, "Hi", checking.AnswerText(text)),
        lambda n: _made(mark, n),
        8_000,
    )


def test_a_link_and_an_address_are_still_found() -> None:
    links, contact = (
        checking.compile_check(rule)
        for rule in ("Do not use Markdown.", "Never give links, phone numbers or e-mail addresses.")
    )
    assert links is not None
    assert contact is not None
    for text in ("see [a [b](http://x.org/[1])", "[b](" + "u" * 1_500 + ")"):
        assert checking.decide(links, "", checking.AnswerText(text)).value == "NO"
    for text in ("x" * 500 + " a.b+c@d-e.org", "go to my-shop.co.uk", "-" * 99 + "a@b.c"):
        assert checking.decide(contact, "", checking.AnswerText(text)).value == "NO"


def test_a_wording_too_long_to_be_meant_makes_no_check() -> None:
    assert checking.compile_check("Never mention the word 'rake'" + " and so on" * 1_000) is None


@pytest.mark.parametrize("mark", ["<safety_specifications>", "<YES>\n", "</think>"])
def test_published_readers_end_in_a_time_that_grows_with_the_reply(mark: str) -> None:
    def read(text: str) -> None:
        with contextlib.suppress(ValueError):
            read_joint(text, Specs(safety=(), behavioral=()))
        plain(Reply(text=text), OurWording())

    assert_linear(read, lambda n: mark * n, 2_000)


def test_published_readers_read_as_before() -> None:
    text = "<safety_specifications><safety_specifications>\na <YES>\n</safety_specifications>"
    read = read_joint(f"{text}<behavioral_specifications></behavioral_specifications>", _ONE)
    assert [one.value for one in read.verdicts] == ["YES"]
    parts = plain(Reply(text="<think>a</think> <think>b</think>c</think>d"), OurWording())
    assert (parts.thought, parts.text) == ("<think>a</think> <think>b", "c</think>d")


_ONE = Specs(safety=("Be safe.",), behavioral=())
