"""What a server is found to be, and what is remembered of it."""

# pyright: basic
from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from tests.openai_server import LLAMA, OLD_VLLM, OLLAMA, SGLANG, VLLM, owned_by, says

from specloop.errors import ModelError
from specloop.llm.base import Capabilities

PLAIN = Capabilities(json_schema=True, logprobs=True, first_token=True)


def routed(*parameters: str) -> dict[str, Any]:
    listed = {"id": "some/model", "supported_parameters": parameters}
    return {"/v1/models": {"data": [{"id": "other", "supported_parameters": []}, listed]}}


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        (VLLM, PLAIN._replace(prefill=True, regex=True, score=True)),
        (SGLANG, PLAIN._replace(prefill=True, regex=True)),
        (LLAMA, PLAIN._replace(prefill=True)),
        (OLLAMA, PLAIN._replace(prefill=True)),
        (
            owned_by("library", api_version={"version": "0.5.1"}),
            Capabilities(prefill=True, json_schema=True),
        ),
        (routed("top_logprobs", "structured_outputs"), PLAIN),
        (routed("max_tokens"), Capabilities()),
        (owned_by("somebody"), PLAIN),
        ({}, PLAIN),
        ({"/v1/models": "nonsense"}, PLAIN),
    ],
)
async def test_abilities_follow_from_what_the_server_says(serve, pages, expected):
    assert (await serve(says("x"), pages)).model.capabilities == expected


@pytest.mark.parametrize(
    ("pages", "field"),
    [
        (VLLM, {"structured_outputs": {"regex": "a+"}}),
        (OLD_VLLM, {"guided_regex": "a+"}),
        (SGLANG, {"regex": "a+"}),
    ],
)
async def test_a_regex_goes_where_the_server_has_it(serve, ask, pages, field: dict[str, Any]):
    on = await serve(says("aa"), pages)
    await on.model.generate(ask(regex="a+"))
    assert field.items() <= on.server.body.items()


async def test_a_server_is_asked_closely_once_and_remembered(serve, connect, tmp_path: Path):
    on = await serve(says("x"), VLLM)
    again = await connect(base_url=on.server.url)
    assert again.capabilities == on.model.capabilities
    assert on.server.asked == ["/v1/models", "/version", "/v1/models"]
    assert "secret" not in (tmp_path / "cache" / "endpoints.json").read_text()


async def test_what_is_remembered_stands_in_for_a_server_that_does_not_say(serve, connect):
    on = await serve(says("x"), VLLM)
    on.server.pages = {}
    assert (await connect(base_url=on.server.url)).capabilities == on.model.capabilities


async def test_another_server_at_the_address_is_asked_anew(serve, connect):
    on = await serve(says("x"), VLLM)
    on.server.pages = LLAMA
    assert not (await connect(base_url=on.server.url)).capabilities.score


@pytest.mark.parametrize("pages", [VLLM, {}])
async def test_after_a_day_the_server_is_asked_anew_but_its_silence_changes_nothing(
    serve, connect, tmp_path: Path, pages: dict[str, Any]
):
    on = await serve(says("x"), VLLM)
    path = tmp_path / "cache" / "endpoints.json"
    notes = json.loads(path.read_text())
    (note,) = notes.values()
    note["at"] = time.time() - 25 * 3600
    path.write_text(json.dumps(notes))
    on.server.pages = pages
    assert (await connect(base_url=on.server.url)).capabilities == on.model.capabilities
    assert on.server.asked.count("/version") == (2 if pages else 1)


async def test_parameters_that_a_router_lists_are_remembered_by_model(serve, connect):
    on = await serve(says("x"), routed("max_tokens"))
    on.server.pages = {}
    assert (await connect(base_url=on.server.url)).capabilities == on.model.capabilities


@pytest.mark.parametrize("text", ["", "[1]", '{"x": 1}', "{"])
async def test_a_spoilt_memory_is_no_reason_to_stop(start, connect, tmp_path: Path, text: str):
    server = await start(says("x"), VLLM)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "endpoints.json").write_text(text)
    assert (await connect(base_url=server.url)).capabilities.score


async def test_a_cache_folder_that_cannot_be_written_is_no_reason_to_stop(
    start, connect, tmp_path: Path
):
    server = await start(says("x"), VLLM)
    (tmp_path / "cache").write_text("no folder")
    assert (await connect(base_url=server.url)).capabilities.score


async def test_a_server_named_in_the_options_is_not_asked(serve):
    on = await serve(says("x"), server="vllm")
    assert on.model.capabilities.score
    assert not on.server.asked


async def test_a_server_that_is_down_is_named_with_the_remedy(start, connect):
    server = await start(says("x"))
    await server.stop()
    with pytest.raises(ModelError, match="no server answers at") as caught:
        await connect(base_url=server.url)
    assert server.url in str(caught.value)
    assert "base_url" in str(caught.value)


async def test_a_server_that_is_down_is_taken_to_be_what_the_others_are(start, connect):
    down, up = await start(says("x")), await start(says("x"), VLLM)
    await down.stop()
    model = await connect(base_urls=[down.url, up.url])
    assert model.capabilities.score
    assert [one.resting for one in model.status()] == [True, False]
