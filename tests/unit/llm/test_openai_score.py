"""Scoring given text through vLLM's `prompt_logprobs`."""

# pyright: basic
from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web
from tests.openai_server import OLD_VLLM, Handler, completion

from specloop.errors import ModelError


def tells(*pieces: str, inside: bool = False) -> Handler:
    """A vLLM server whose template and tokenizer give these tokens, each a tenth less probable."""
    entries: list[dict[str, Any] | None] = [None]
    for n, piece in enumerate(pieces[1:], 1):
        entries.append({str(100 + n): {"logprob": -n / 10, "rank": 1, "decoded_token": piece}})

    async def answer(_: web.Request) -> web.Response:
        body = completion("x", **({"prompt_logprobs": entries} if inside else {}))
        return web.json_response(body if inside else body | {"prompt_logprobs": entries})

    return answer


TEMPLATE = ("<|im_start|>", "user", "\n", "hi", "<|im_end|>", "<|im_start|>", "assistant", "\n")


@pytest.mark.parametrize(
    ("pieces", "continuation", "n"),
    [
        (("Par", "is", "."), "Paris.", 3),
        ((" Paris",), " Paris", 1),
        # Decoded one by one, some tokenizers' tokens lose their leading space.
        (("The", "cat"), "The cat", 2),
        # A part of a character shows as U+FFFD.
        (("caf", "\ufffd", "\ufffd", "!"), "café!", 4),
        (("\ufffd", "\ufffd", "t", "é"), "été", 4),
        # Templates trim.
        (("Paris",), " Paris\n", 1),
    ],
)
async def test_the_last_tokens_are_those_of_the_continuation(
    serve, ask, pieces: tuple[str, ...], continuation: str, n: int
):
    on = await serve(tells(*TEMPLATE, *pieces), OLD_VLLM)
    found = await on.model.score(ask().messages, continuation)
    first = len(TEMPLATE)
    assert found == pytest.approx([-(first + i) / 10 for i in range(n)])
    assert on.server.body["messages"][-1] == {"role": "assistant", "content": continuation}
    wanted = {"continue_final_message": True, "add_generation_prompt": False, "max_tokens": 1}
    assert (wanted | {"prompt_logprobs": 0}).items() <= on.server.body.items()


async def test_tokens_that_do_not_end_with_the_continuation_are_not_scored(serve, ask):
    on = await serve(tells(*TEMPLATE, "Rome"), OLD_VLLM)
    with pytest.raises(ModelError, match="do not end with"):
        await on.model.score(ask().messages, "Paris")


async def test_bare_text_is_scored_without_its_first_token(serve):
    on = await serve(tells("Par", "is", ".", inside=True), OLD_VLLM)
    assert await on.model.score((), "Paris.") == pytest.approx([-0.1, -0.2])
    assert on.server.seen[-1].path == "/v1/completions"
    assert on.server.body["prompt"] == "Paris."
