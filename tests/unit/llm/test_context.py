"""A prompt that does not fit is refused before the call or noticed after it, never cut unseen."""

# pyright: basic
from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web
from tests.openai_server import LLAMA, OLLAMA, completion, fails, in_turn, owned_by

from specloop.errors import ContextError, TransientModelError
from specloop.llm.context import PromptCounts, is_about, least_tokens, misfit
from specloop.records import Sampling

ENGLISH = "Water the roses in the evening and feed them well. "


def listed(**told: Any) -> dict[str, Any]:
    entry = {"id": "some/model", "owned_by": "x"} | told
    return {"/v1/models": {"object": "list", "data": [entry]}}


def counts(told: int, cached: int | None = None):
    """Answers with so many prompt tokens."""
    usage: dict[str, Any] = {"prompt_tokens": told, "completion_tokens": 3}
    if cached is not None:
        usage["prompt_tokens_details"] = {"cached_tokens": cached}

    async def answer(_: web.Request) -> web.Response:
        return web.json_response(completion("Yes.") | {"usage": usage})

    return answer


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("roses", 0),
        (ENGLISH * 100, 750),
        ("- - -\n" * 400, 0),
        ("玫瑰" * 400, 150),
        (" " * 5000, 0),
        ("x" * 5000, 0),
    ],
)
def test_the_least_number_of_tokens_is_below_any_usual_tokenizers(text: str, tokens: int):
    assert least_tokens(text) == tokens


def test_prompt_and_answer_must_fit_together():
    assert misfit(90, 10, 100) == ""
    assert misfit(10**9, 10, 0) == ""
    reason = misfit(91, 10, 100)
    assert "91 tokens" in reason
    assert "max_tokens is 10;" in reason
    assert "holds 100" in reason
    assert "lower max_tokens" in reason


@pytest.mark.parametrize(
    ("pages", "options"),
    [
        (listed(max_model_len=4096), {}),
        (listed(context_length=4096), {}),
        (listed(loaded_context_length=4096, max_context_length=32768), {}),
        (listed(context_window=4096), {}),
        (listed(n_ctx=4096), {}),
        (listed(context_size=4096), {}),
        (listed(max_seq_len=4096), {}),
        (listed(meta={"n_ctx": 4096, "n_ctx_train": 131072}), {}),
        (listed(id="/models/qwen.gguf", max_model_len=4096), {}),
        (LLAMA | {"/props": {"default_generation_settings": {"n_ctx": 4096}}}, {}),
        (listed(max_model_len=32768), {"context": 4096}),
    ],
)
async def test_a_request_beyond_a_known_context_is_not_sent(serve, ask, pages, options):
    on = await serve(counts(9), pages, **options)
    fits = ask(ENGLISH * 100, sampling=Sampling(max_tokens=3000))
    assert (await on.model.generate(fits)).text == "Yes."
    with pytest.raises(ContextError, match=r"at least 750 tokens and max_tokens is 3400.* 4096 in"):
        await on.model.generate(ask(ENGLISH * 100, sampling=Sampling(max_tokens=3400)))
    assert len(on.server.seen) == 1


async def test_a_context_of_training_or_of_another_model_refuses_nothing(serve, ask):
    pages = LLAMA | {"/props": {}}
    pages["/v1/models"]["data"][0]["meta"] = {"n_ctx_train": 64}
    others = {"/v1/models": {"data": [{"id": "a", "max_model_len": 8}, {"id": "b"}]}}
    for known in (pages, others):
        on = await serve(counts(9), known)
        assert (await on.model.generate(ask())).text == "Yes."


async def test_a_length_that_the_server_is_never_told_refuses_nothing(serve, ask):
    on = await serve(counts(9), listed(max_model_len=100), omit=["max_tokens"])
    assert (await on.model.generate(ask())).text == "Yes."


@pytest.mark.parametrize("told", [4096, 4095, 2048, 3000])
@pytest.mark.parametrize("pages", [OLLAMA, None])
async def test_a_cut_prompt_is_noticed_by_what_the_server_counted(serve, ask, pages, told: int):
    on = await serve(in_turn(counts(700), counts(told)), pages)
    assert (await on.model.generate(ask(ENGLISH * 60))).text == "Yes."
    with pytest.raises(ContextError, match=rf"counted {told} .*at least 6000.*num_ctx.*context"):
        await on.model.generate(ask(ENGLISH * 800))


async def test_ollama_says_itself_that_a_prompt_fills_its_context(serve, ask):
    running = {"models": [{"name": "some/model:latest", "context_length": 4096}]}
    on = await serve(counts(4096), OLLAMA | {"/api/ps": running})
    with pytest.raises(ContextError, match=r"counted 4096 tokens of a prompt: .*context of 4096"):
        await on.model.generate(ask(ENGLISH * 60))


@pytest.mark.parametrize(
    "answers",
    [
        [counts(9)],
        [counts(20)],
        [counts(0)],
        [counts(6200), counts(1024), counts(512)],
        [counts(200, cached=6000)],
        [counts(1024, cached=6000)],
        [counts(10_400)],
        [counts(6100)],
    ],
)
async def test_counts_of_caches_and_good_tokenizers_are_no_cut(serve, ask, answers):
    on = await serve(in_turn(*answers))
    for _ in range(len(answers) + 1):
        assert (await on.model.generate(ask(ENGLISH * 800))).text == "Yes."


async def test_openrouter_is_told_to_cut_nothing(serve, ask):
    on = await serve(counts(9), server="openrouter")
    await on.model.generate(ask())
    assert on.server.body["plugins"] == [{"id": "context-compression", "enabled": False}]


async def test_a_server_without_usage_is_believed(serve, ask):
    async def silent(_: web.Request) -> web.Response:
        return web.json_response(completion("Yes.") | {"usage": None})

    on = await serve(silent)
    assert (await on.model.generate(ask(ENGLISH * 800))).text == "Yes."


def test_a_prompt_may_fill_a_known_context_but_for_the_answer():
    assert not PromptCounts().cut(4095, 0, 3000, context=4096)
    assert PromptCounts().cut(4096, 0, 3000, context=4096)
    assert PromptCounts().cut(4096, 0, 6000, context=128_000)


def test_the_same_odd_count_of_two_long_prompts_is_the_context():
    seen = PromptCounts()
    assert not seen.cut(3333, 0, 6000)
    assert not seen.cut(3333, 0, 6000)
    assert seen.cut(3333, 0, 7000)


async def test_a_prompt_little_longer_than_a_usual_context_is_named_with_what_it_has(serve, ask):
    on = await serve(counts(512))
    with pytest.raises(ContextError, match=r"counted 512 tokens of a prompt.* usually has 600 or"):
        await on.model.generate(ask(ENGLISH * 60))


def test_a_usual_context_needs_fewer_words_to_be_noticed():
    assert PromptCounts().cut(512, 0, 420)
    assert PromptCounts().cut(1500, 0, 1200)
    assert not PromptCounts().cut(511, 0, 420)
    assert not PromptCounts().cut(512, 100, 420)
    assert not PromptCounts().cut(512, 0, 380)


@pytest.mark.parametrize(
    ("told", "leasts", "is_cut"),
    [
        (777, (420, 450, 480), True),
        (777, (420, 450), False),
        (777, (420, 420, 420, 430, 425), False),
        (1024, (420, 450), True),
        (1024, (420, 430), False),
        (200, (20, 50, 80), False),
        (777, (0, 0, 0), False),
    ],
)
def test_prompts_of_unlike_lengths_that_all_have_the_highest_count_were_cut(
    told: int, leasts: tuple[int, ...], is_cut: bool
):
    seen = PromptCounts()
    assert not any(seen.cut(told, 0, least) for least in leasts[:-1])
    assert seen.cut(told, 0, leasts[-1]) == is_cut
    below = PromptCounts()
    below.cut(told + 100, 0, 420)
    assert not any(below.cut(told, 0, least) for least in leasts)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "This model's maximum context length is 4096 tokens. However, you requested 4200"),
        (400, "request (5000 tokens) exceeds the available context size (4096 tokens)"),
        (400, "The input (5000 tokens) is longer than the model's context length (4096 tokens)."),
        (
            400,
            "Prompt contains 40000 tokens, too large for model with 32768 maximum context length",
        ),
        (400, "prompt is too long: 210000 tokens > 200000 maximum"),
        (422, "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 3000 and 4200"),
        (400, "The input token count (1100000) exceeds the maximum number of tokens allowed"),
        (500, "Requested tokens (5000) exceed context window of 4096"),
        (413, "Payload Too Large"),
        (400, "Please reduce the length of the messages or completion."),
        (400, "Range of input length should be [1, 30720]"),
        (422, "Input validation error: `inputs` must have less than 4095 tokens. Given: 5000"),
        (400, "too many tokens: the prompt cannot exceed 4081"),
        (400, "Total tokens (5000) exceed the model limit (4096)"),
        (422, "The sequence length 5000 is larger than max 4096"),
        (400, "The conversation is too long for this model"),
    ],
)
async def test_a_refusal_for_its_length_is_final_and_has_the_numbers(serve, ask, status, said):
    on = await serve(fails(status, f'{{"error": {{"message": "{said}"}}}}'))
    with pytest.raises(ContextError) as caught:
        await on.model.generate(ask(ENGLISH * 100, sampling=Sampling(max_tokens=4200)))
    assert said in str(caught.value)
    assert "at least 750 tokens, and max_tokens is 4200" in str(caught.value)
    assert "lower max_tokens" in str(caught.value)
    assert not isinstance(caught.value, TransientModelError)


async def test_numbers_beside_the_words_are_told(serve, ask):
    said = {"message": "the request exceeds the available context size, try increasing it"}
    body = web.json_response({"error": said | {"n_prompt_tokens": 5000, "n_ctx": 4096}}).text
    on = await serve(fails(400, body or ""), owned_by("llamacpp"))
    with pytest.raises(ContextError, match=r"n_prompt_tokens = 5000, n_ctx = 4096"):
        await on.model.generate(ask())


@pytest.mark.parametrize(
    "said",
    [
        "In context=('properties', 'a'), schema must have a 'type' key.",
        "max_tokens is too large: 4200. This model supports at most 4096 completion tokens",
        "Unsupported value: 'temperature' does not support 0.0 with this model.",
        "Request too large for m in organization x on tokens per min (TPM): Limit 30000",
        "You exceeded your current quota of tokens, the limit is 100",
        "The request took too long",
    ],
)
def test_other_refusals_are_not_about_length(said: str):
    assert not is_about(said)
