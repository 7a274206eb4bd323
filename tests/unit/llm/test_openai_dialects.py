"""Every kind of server answers every kind of request; docs/models.md shows at what price."""

# pyright: basic
from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.dialects import DIALECTS, PeculiarServer
from tests.openai_server import ask

from specloop.llm.base import Model, schema_text
from specloop.llm.structured import ask_json
from specloop.records import Message, Sampling

DOCS = Path(__file__).parents[3] / "docs" / "models.md"
SCHEMA = schema_text(
    {
        "type": "object",
        "properties": {
            "colour": {"type": "string", "enum": ["red", "blue"]},
            "reason": {"type": "string", "maxLength": 300},
        },
        "required": ["colour", "reason"],
        "additionalProperties": False,
    }
)


async def plain(model: Model, text: str) -> None:
    reply = await model.generate(ask(text, sampling=Sampling(seed=3, top_k=5)))
    assert reply.text == "Well, it is red."


async def schema(model: Model, text: str) -> None:
    found = await ask_json(model, ask(text, json_schema=SCHEMA), dict)
    assert found == {"colour": "red", "reason": "it is"}


async def system(model: Model, text: str) -> None:
    messages = (Message(role="system", content="Be brief."), *ask(text).messages)
    reply = await model.generate(ask(text).model_copy(update={"messages": messages}))
    assert reply.text == "Well, it is red."


async def prefill(model: Model, text: str) -> None:
    assert (await model.generate(ask(text, prefill="Sure,"))).text == " it is red."


async def logprobs(model: Model, text: str) -> None:
    reply = await model.generate(ask(text, logprobs=True, first_token=5))
    assert reply.text == "Well, it is red."
    assert reply.first_token is None or reply.first_token[0].token == "Well"


KINDS = {one.__name__: one for one in (plain, schema, system, prefill, logprobs)}


async def _costs(
    serve: Callable[..., Awaitable[Any]], name: str, ask_for: Callable[..., Awaitable[None]]
) -> int:
    """Refused calls on the way to the first answer; there are none on the way to the next."""
    peculiar = DIALECTS[name]
    server = PeculiarServer(peculiar.refuses)
    on = await serve(server.answer, peculiar.pages, **peculiar.options)
    await ask_for(on.model, "What colour is it?")
    n = len(server.refused)
    await ask_for(on.model, "And what colour is that?")
    assert len(server.refused) == n
    await on.server.stop()
    return n


async def test_every_server_answers_every_kind_of_request_as_the_docs_say(
    serve, tmp_path, monkeypatch
):
    rows = [f"| server | {' | '.join(KINDS)} |", "| --- " * (len(KINDS) + 1) + "|"]
    for name in DIALECTS:
        costs: list[int] = []
        for n, ask_for in enumerate(KINDS.values()):
            # As if nothing had been asked there before.
            monkeypatch.setenv("SPECLOOP_CACHE", str(tmp_path / f"{name} {n}"))
            costs.append(await _costs(serve, name, ask_for))
        rows.append(f"| {name} | {' | '.join(map(str, costs))} |")
    table = "\n".join(rows)
    assert table in DOCS.read_text(encoding="utf-8"), f"docs/models.md should show\n{table}"
