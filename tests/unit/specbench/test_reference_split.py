"""Thought and answer in the reference protocol, beside an independent reading of the rule."""

# pyright: basic
from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from tests.method_context import TASK, Exact, context
from tests.openai_server import OpenAIServer, completion, says
from tests.standin_checkout import standin

from specloop.errors import ModelError
from specloop.llm.backends import resolve
from specloop.llm.backends.openai import OpenAI
from specloop.llm.backends.openai.body import begun
from specloop.llm.backends.openai.completion import Completion, as_written
from specloop.llm.backends.openai.dialect import Server, dialect_of
from specloop.llm.base import Reply, Request
from specloop.methods import MethodAnswer, MethodContext, methods
from specloop.responding.base import Wording
from specloop.specbench.reference.settings import generator_settings
from specloop.specbench.reference.wording import ReferenceWording

PIECES = (
    *("<think>", "</think>", "</thought>", "Final Answer: ", "Final Answer:", "<think/>"),
    *("\n", "\n\n", " ", "\t", "\r\n", "\u2028", "\u00a0", "abc", "So.", "Wait, ", "“é”", "{x}"),
)
STAIR = "thu-ml/STAIR-Llama-3.1-8B-DPO-3"
MODELS = ("Qwen/Qwen3-14B", "gemini-2.5-flash", STAIR)
METHODS = ("raw", "vanilla", "zero_think", "more_think")


def by_the_rule(said: str, model: str) -> tuple[str, str] | None:
    """Thought and response: an answer mark must stand there once; else what follows the last end of
    a thought, its leading newlines left out, and the piece before it; all of it where none ends."""
    if model == STAIR:
        at = said.find("Final Answer: ")
        if at < 0 or said.find("Final Answer: ", at + 1) >= 0:
            return None
        return said[:at], said[at + len("Final Answer: ") :]
    end = "</thought>" if model.startswith("gemini") else "</think>"
    last = said.rfind(end)
    response = said if last < 0 else said[last + len(end) :]
    while response.startswith("\n"):
        response = response[1:]
    if last < 0:
        return "", response
    first = said.rfind(end, 0, last)
    return said[0 if first < 0 else first + len(end) : last], response


@pytest.fixture(scope="module")
def wordings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Wording]:
    checkout = standin(tmp_path_factory.mktemp("checkout"))
    return {model: ReferenceWording(checkout, model) for model in MODELS}


def replied(said: str, prefill: str, kind: Any) -> Reply:
    """What the client makes of a server's text."""
    request = Request(messages=(), prefill=prefill)
    how = begun(dialect_of(Server(kind=kind), OpenAI()), request, False)
    return as_written(Completion.model_validate(completion(said)), how)


async def answered(name: str, said: str, wording: Wording, kind: Any) -> MethodAnswer | None:
    prefill = {"zero_think": wording.empty_thought, "more_think": wording.open_thought}
    reply = replied(said, prefill.get(name, ""), kind)
    given: MethodContext = context(Exact(reply), wording=wording, log=None)
    table = {"name": name, **({"rounds": 1} if name == "more_think" else {})}
    try:
        return await methods.build(table).answer(TASK, given)
    except ModelError:
        return None


@pytest.mark.slow
async def test_twenty_thousand_replies_are_split_by_the_rule(wordings: dict[str, Wording]) -> None:
    draw = random.Random(5)
    n_unended = n_refused = 0
    for _ in range(20_000):
        said = "".join(draw.choices(PIECES, k=draw.randint(1, 9)))
        model, name = draw.choice(MODELS), draw.choice(METHODS)
        kind = draw.choice(("vllm", "unknown"))
        wanted, found = by_the_rule(said, model), await answered(name, said, wordings[model], kind)
        if wanted is None or found is None:
            assert (wanted, found) == (None, None), (said, model, name)
            n_refused += 1
            continue
        assert found.text == wanted[1], (said, model, name)
        n_unended += "<think>" in found.text
        if name in ("raw", "vanilla"):
            assert found.thought.rstrip("\n") == wanted[0].rstrip("\n"), (said, model)
    assert min(n_unended, n_refused) > 1000


@pytest.mark.parametrize(
    ("said", "thought", "text"),
    [
        ("<think>abc", "", "<think>abc"),
        ("<think>\nabc\n</think>\n\n  So.", "<think>\nabc", "  So."),
        (" \n<think>a</think>\tSo. ", " \n<think>a", "\tSo. "),
        ("a</think>b</think>\r\nc", "b", "\r\nc"),
    ],
)
@pytest.mark.parametrize("kind", ["vllm", "unknown"])
async def test_a_servers_reply_is_kept_and_split_as_the_published_code_does(
    tmp_path: Path, said: str, thought: str, text: str, kind: str
) -> None:
    checkout = standin(tmp_path / "checkout")
    settings = generator_settings(checkout.path, "Qwen3-14B-thinking")
    server = OpenAIServer(says(said))
    await server.start()
    model = resolve(settings.model, base_url=server.url, server=kind, **settings.options)
    await model.aopen()
    given = context(model, wording=ReferenceWording(checkout, "Qwen/Qwen3-14B"))
    answer = await methods.build("vanilla").answer(TASK, given)
    await model.aclose()
    await server.stop()
    assert (answer.thought, answer.text, answer.finish) == (thought, text, "stop")


async def test_thinking_that_goes_on_is_joined_to_the_letter(tmp_path: Path) -> None:
    wording = ReferenceWording(standin(tmp_path))
    model = Exact(Reply(text="<think>a \n"), Reply(text="b"), Reply(text="<think>c"))
    answer = await methods.build("more_think").answer(TASK, context(model, wording=wording))
    assert model.requests[1].prefill == "<think><think>a\n\nOnce more, "
    assert answer.text == "<think>c"


def test_a_prefill_that_a_server_repeats_is_no_part_of_the_reply() -> None:
    assert replied("<think>First So on.", "<think>First So", "unknown").text == " on."
    assert replied("<think>on.", "<think>", "unknown").text == "<think>on."
