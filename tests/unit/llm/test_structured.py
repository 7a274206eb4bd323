"""Structured output: schema in words, reading, one repair turn."""

# pyright: basic
from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from pydantic import Field

from specloop.ended import Finish
from specloop.errors import ContextError, ModelError
from specloop.llm.backends.scripted import ScriptedModel
from specloop.llm.base import Capabilities, Reply, Request, schema_text
from specloop.llm.structured import UnreadableError, ask_json, parse_json, told_in_words
from specloop.records import Message, Sampling, Value

SCHEMA = {
    "type": "object",
    "properties": {
        "mood": {"enum": ["kind", "rude"]},
        "words": {"type": "string", "minLength": 3, "maxLength": 40},
    },
    "required": ["mood", "words"],
    "additionalProperties": False,
}
GOOD = '{"mood": "kind", "words": "well done"}'


class Said(Value):
    mood: Literal["kind", "rude"]
    words: str = Field(min_length=3)


class Weak(ScriptedModel):
    """A backend without schemas, whose replies may be cut."""

    capabilities = Capabilities()

    def __init__(self, *replies: str | tuple[str, Finish]) -> None:
        super().__init__(
            [r if isinstance(r, str) else Reply(text=r[0], finish=r[1]) for r in replies]
        )


@pytest.mark.parametrize("text", ["[" * 1200, '{"a":' * 3000])
async def test_a_reply_nested_without_end_fails_alone(text: str) -> None:
    with pytest.raises(UnreadableError, match="nested too deeply"):
        await ask_json(Weak(text, text), question(), Said.model_validate)


def question(**more: object) -> Request:
    messages = (Message(role="user", content="Say something."),)
    return Request(messages=messages, json_schema=schema_text(SCHEMA), **more)  # type: ignore[arg-type]


async def test_a_schema_goes_to_a_backend_that_enforces_it() -> None:
    model = ScriptedModel([GOOD])
    said = await ask_json(model, question(), Said.model_validate)
    assert said == Said(mood="kind", words="well done")
    assert model.requests == [question()]


async def test_any_other_backend_is_told_the_fields_at_the_end_of_the_last_message() -> None:
    model = Weak(GOOD)
    await ask_json(model, question(), Said.model_validate)
    (asked,) = model.requests
    assert asked.json_schema == ""
    assert asked.messages[-1].content == (
        "Say something.\n\nAnswer with one JSON object and nothing else. Its fields:\n"
        '- "mood": one of "kind", "rude"\n- "words": text of 3 to 40 characters'
    )


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ("I would rather not.", "no JSON object"),
        ('{"mood": "sad", "words": "oh dear"}', "mood"),
        ('{"mood": "kind"}', "words"),
    ],
)
async def test_a_reply_that_does_not_fit_gets_one_repair_turn_that_names_the_error(
    bad: str, named: str
) -> None:
    model = Weak(bad, GOOD)
    assert (await ask_json(model, question(), Said.model_validate)).mood == "kind"
    _, repair = model.requests
    assert [m.role for m in repair.messages] == ["user", "assistant", "user"]
    assert repair.messages[1].content == bad
    assert named in repair.messages[2].content
    assert repair.sampling == question().sampling


async def test_a_backend_that_overlooks_the_schema_is_told_the_fields_in_the_repair() -> None:
    model = ScriptedModel(["I would rather not.", f"Here you are:\n```json\n{GOOD}\n```"])
    assert (await ask_json(model, question(), Said.model_validate)).mood == "kind"
    _, repair = model.requests
    assert repair.json_schema == question().json_schema
    assert repair.messages[-1].content.endswith('- "words": text of 3 to 40 characters')
    # A server that is known by then not to take schemas is told them once.
    assert told_in_words(repair).messages == repair.messages


@pytest.mark.parametrize("finish", ["length", "other"])
async def test_a_reply_that_did_not_end_by_itself_counts_where_its_json_is_whole(
    finish: Finish,
) -> None:
    model = Weak((GOOD, finish))
    assert (await ask_json(model, question(), Said.model_validate)).mood == "kind"


async def test_a_cut_reply_is_never_mended_and_its_repair_has_more_room() -> None:
    model = Weak((GOOD[:-3], "length"), GOOD)
    request = question(sampling=Sampling(max_tokens=50))
    assert (await ask_json(model, request, Said.model_validate)).mood == "kind"
    assert "was cut" in model.requests[1].messages[-1].content
    assert model.requests[1].sampling.max_tokens == 100


async def test_after_the_repair_the_question_fails_alone() -> None:
    model = Weak("no", "still no", GOOD)
    with pytest.raises(UnreadableError, match="unreadable reply: it holds no JSON object"):
        await ask_json(model, question(), Said.model_validate)
    assert len(model.requests) == 2
    assert issubclass(UnreadableError, ModelError)


async def test_what_a_content_filter_withheld_is_not_asked_for_again() -> None:
    model = Weak(("", "filter"))
    with pytest.raises(UnreadableError, match="content filter"):
        await ask_json(model, question(), Said.model_validate)


async def test_an_empty_reply_is_shown_as_nothing_for_servers_that_refuse_empty_turns() -> None:
    model = Weak("", GOOD)
    await ask_json(model, question(), Said.model_validate)
    assert model.requests[1].messages[1].content == "(nothing)"


async def test_the_same_replies_give_the_same_requests_so_that_a_cache_can_answer() -> None:
    one, two = Weak("no", GOOD), Weak("no", GOOD)
    for model in (one, two):
        await ask_json(model, question(), Said.model_validate)
    assert [r.key("m") for r in one.requests] == [r.key("m") for r in two.requests]


async def test_a_prefill_is_part_of_what_is_read() -> None:
    model = Weak('"mood": "rude", "words": "go away"}')
    asked = question(prefill="{")
    assert (await ask_json(model, asked, Said.model_validate)).mood == "rude"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ('Of course! {"a": "x",} I hope it helps.', {"a": "x"}),
        ('{"type": "object"}\n{"a": "x"}', {"a": "x"}),
        ("{'a': 'he said \"hi\"'}", {"a": 'he said "hi"'}),
        ('[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
        ("no JSON at all", ""),
    ],
)
def test_ugly_replies_are_read(text: str, found: object) -> None:
    assert parse_json(text) == found


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 5}, "a whole number at least 1, at most 5"),
        ({"type": "boolean"}, "true or false"),
        ({"type": "string"}, "text of any length"),
        (
            {"type": "array", "items": {"type": "string"}, "minItems": 3, "maxItems": 3},
            "a list of 3 entries, each text of any length",
        ),
    ],
)
async def test_fields_are_put_in_plain_words(field: dict[str, object], words: str) -> None:
    schema = {"type": "object", "properties": {"f": field}, "required": ["f"]}
    model = Weak('{"f": 1}')
    request = question().model_copy(update={"json_schema": schema_text(schema)})
    read: Callable[[object], object] = lambda content: content  # noqa: E731
    await ask_json(model, request, read)
    assert model.requests[0].messages[-1].content.endswith(f'- "f": {words}')


async def test_what_words_cannot_say_is_shown_as_the_schema() -> None:
    field = {"type": "string", "pattern": "a+"}
    schema = schema_text({"type": "object", "properties": {"f": field}})
    model = Weak('{"f": "aa"}')
    await ask_json(model, question().model_copy(update={"json_schema": schema}), dict)
    assert model.requests[0].messages[-1].content.endswith(schema)


async def test_a_repair_that_does_not_fit_leaves_the_reply_unreadable() -> None:
    class Small(Weak):
        async def generate(self, request: Request) -> Reply:
            if request.sampling.max_tokens > 256:
                raise ContextError("the model's context holds 512")
            return await super().generate(request)

    with pytest.raises(UnreadableError, match=r"no room to ask again: .* holds 512"):
        await ask_json(Small(("{", "length")), question(), Said.model_validate)
