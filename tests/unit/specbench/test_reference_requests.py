"""What leaves the machine in the reference protocol, body by body.

With a stand-in checkout the whole bodies are written out. Where SPECLOOP_SPECBENCH_CHECKOUT names a
checkout of SpecBench, they are compared with those that its own code was seen to send.
"""

# pyright: basic
from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.openai_server import Handler, OpenAIServer, in_turn, says
from tests.standin_checkout import standin

from specloop.judging.base import JudgeCase
from specloop.llm.backends import resolve
from specloop.llm.base import Model
from specloop.methods import MethodContext, Task, methods
from specloop.records import Case, Scenario, Specs
from specloop.specbench.load import read_scenario
from specloop.specbench.reference.checkout import Checkout, read_checkout
from specloop.specbench.reference.fingerprint import fingerprint
from specloop.specbench.reference.judging import ReferenceJoint, ReferenceSequential
from specloop.specbench.reference.settings import (
    ModelSettings,
    continuer_settings,
    generator_settings,
    judge_settings,
)
from specloop.specbench.reference.wording import ReferenceWording

SPECS = Specs(safety=("No poison.",), behavioral=("Be brief.",))
TASK = Task("How do I stop moles?", SPECS)
LISTED = "**safety**\n- No poison.\n**behavioral**\n- Be brief.\n"
SYSTEM = {"role": "system", "content": "You tend a garden."}
ASKED = {"role": "user", "content": f"{TASK.query}\n\nKeep these:\n{LISTED}\nGo.\n"}
PLAIN = {
    "model": "Qwen/Qwen3-14B",
    "max_tokens": 4200,
    "temperature": 0.7,
    "top_p": 0.9,
    "top_k": 20,
    "min_p": 0.0,
    "chat_template_kwargs": {"enable_thinking": False},
}
BEGUN = {
    "model": "Qwen/Qwen3-14B",
    "max_tokens": 8400,
    "temperature": 0.6,
    "top_p": 0.9,
    "top_k": 20,
    "min_p": 0.0,
    "chat_template_kwargs": {"enable_thinking": False, "enable_raw_content": True},
    "add_generation_prompt": False,
    "continue_final_message": True,
    "chat_template": "{{ messages }}",
}
JUDGE = {
    "model": "Qwen/Qwen3-32B",
    "max_tokens": 8400,
    "temperature": 0.0,
    "chat_template_kwargs": {"enable_thinking": True},
}
Connect = Callable[[ModelSettings, Handler], Awaitable[tuple[Model, OpenAIServer]]]


@pytest.fixture(params=["vllm", "unknown"])
async def connect(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Connect]:
    """A configured model and the server that it talks to, of a kind known or not."""
    monkeypatch.setenv("SPECLOOP_CACHE", str(tmp_path / "cache"))
    opened: list[tuple[Model, OpenAIServer]] = []

    async def run(settings: ModelSettings, answer: Handler) -> tuple[Model, OpenAIServer]:
        server = OpenAIServer(answer)
        await server.start()
        options = {"base_url": server.url, "server": request.param, **settings.options}
        opened.append((resolve(settings.model, **options), server))
        await opened[-1][0].aopen()
        return opened[-1]

    yield run
    for model, server in opened:
        await model.aclose()
        await server.stop()


def bodies(server: OpenAIServer) -> list[dict[str, Any]]:
    return [seen.body for seen in server.seen]


async def test_self_refine_sends_answer_feedback_and_refinement(
    tmp_path: Path, connect: Connect
) -> None:
    checkout = standin(tmp_path / "checkout")
    settings = generator_settings(checkout.path, "Qwen3-14B")
    model, server = await connect(settings, in_turn(says("Traps."), says("Long."), says("Nets.")))
    context = MethodContext(model, ReferenceWording(checkout), sampling=settings.sampling)
    answer = await methods.build({"name": "self_refine", "iterations": 1}).answer(TASK, context)
    assert answer.text == "Nets."
    history = "<RESPONSE_1>Traps.</RESPONSE_1><FEEDBACK_1>Long.</FEEDBACK_1>"
    said = [
        (f"Review answers to {TASK.query} under\n{LISTED}", "The answer: Traps."),
        (f"Better answers to {TASK.query}", f"Before: {history} Now better."),
    ]
    assert bodies(server) == [
        {**PLAIN, "messages": [SYSTEM, ASKED]},
        *[
            {
                **PLAIN,
                "messages": [
                    {"role": "system", "content": system},
                    {"role": "user", "content": user},
                ],
            }
            for system, user in said
        ],
    ]


async def test_align3_continues_the_turn_in_three_steps(tmp_path: Path, connect: Connect) -> None:
    checkout = standin(tmp_path / "checkout")
    settings = continuer_settings(checkout.path, "Qwen3-14B-thinking")
    replies = (says(" short. \n"), says(" no poison."), says(" so.</think>\n\nTraps."))
    model, server = await connect(settings, in_turn(*replies))
    context = MethodContext(model, ReferenceWording(checkout), sampling=settings.sampling)
    answer = await methods.build("align3").answer(TASK, context)
    assert (answer.text, answer.form) == ("Traps.", "native")
    first = "<think>First the manners:\n- Be brief.\n\nSo"
    second = f"{first} short.\n\nThen the dangers:\n- No poison.\n\nSo"
    third = f"{second} no poison.\n\nLast all:\n- No poison.\n\n- Be brief.\n\nSo"
    begun = [[SYSTEM, ASKED, {"role": "assistant", "content": t}] for t in (first, second, third)]
    stop = {"stop": ["</think>"]}
    assert bodies(server) == [
        {**BEGUN, **stop, "messages": begun[0]},
        {**BEGUN, **stop, "messages": begun[1]},
        {**BEGUN, "messages": begun[2]},
    ]
    assert answer.thought == f"{third} so."


async def test_more_think_and_zero_think_begin_the_thought(
    tmp_path: Path, connect: Connect
) -> None:
    checkout = standin(tmp_path / "checkout")
    settings = continuer_settings(checkout.path, "Qwen3-14B-thinking")
    model, server = await connect(settings, in_turn(says("a "), says("b\n"), says("c</think>D")))
    context = MethodContext(model, ReferenceWording(checkout), sampling=settings.sampling)
    assert (await methods.build("more_think").answer(TASK, context)).text == "D"
    begun = [body["messages"][-1]["content"] for body in bodies(server)]
    assert begun == [
        "<think>",
        "<think>a\n\nOnce more, ",
        "<think>a\n\nOnce more, b\n\nOnce more, ",
    ]
    model, server = await connect(settings, says("\n\nTraps."))
    context = MethodContext(model, ReferenceWording(checkout), sampling=settings.sampling)
    assert (await methods.build("zero_think").answer(TASK, context)).text == "Traps."
    last = {"role": "assistant", "content": "<think>\n</think>"}
    assert bodies(server) == [{**BEGUN, "messages": [SYSTEM, ASKED, last]}]


async def test_a_judge_sends_the_same_body_at_every_attempt(
    tmp_path: Path, connect: Connect
) -> None:
    checkout = standin(tmp_path / "checkout")
    settings = judge_settings(checkout.path, "Qwen3-32B-thinking")
    case = JudgeCase(SPECS.listed(), query="Moles?", response="Traps.", label="unsafe")
    model, server = await connect(settings, says("rubbish"))
    await ReferenceJoint.of(checkout, settings.sampling).judge(case, model)
    messages = ReferenceJoint.of(checkout).prompt(case)
    sent = [{"role": m.role, "content": m.content} for m in messages]
    assert bodies(server) == [{**JUDGE, "messages": sent}] * 5


@pytest.fixture
def real(shared_data: Path) -> tuple[Checkout, Scenario, list[dict[str, Any]]]:
    """A checkout of SpecBench, the scenario Child, and what the reference was seen to send."""
    where = os.environ.get("SPECLOOP_SPECBENCH_CHECKOUT", "")
    recorded = shared_data / "specbench" / "reference_requests.jsonl"
    if not where or not recorded.is_file():
        pytest.skip("SPECLOOP_SPECBENCH_CHECKOUT names no checkout of SpecBench")
    lines = recorded.read_text(encoding="utf-8").splitlines()
    scenario = read_scenario(shared_data / "specbench" / "Child")
    return read_checkout(Path(where)), scenario, [json.loads(line) for line in lines]


def test_a_real_checkout_has_the_known_fingerprint(
    real: tuple[Checkout, Scenario, list[Any]], shared_data: Path
) -> None:
    checkout, child, _ = real
    code = read_scenario(shared_data / "specbench" / "Code")
    found = fingerprint(checkout, [child, code])
    assert [one for one in found if not one.is_same] == []


async def test_every_recorded_request_of_the_reference_is_sent_alike(
    real: tuple[Checkout, Scenario, list[Any]], connect: Connect
) -> None:
    checkout, scenario, recorded = real
    for one in recorded:
        wanted = one["request"]
        settings = _settings(checkout.path, one["kind"])
        text = wanted["messages"][1]["content"] + wanted["messages"][0]["content"]
        model, server = await connect(settings, in_turn(*_replies(text, one)))
        await _RUN[one["kind"]](checkout, settings, model, scenario, text)
        if not wanted.get("stop", True):
            del wanted["stop"]
        assert wanted in bodies(server)


def _settings(path: Path, kind: str) -> ModelSettings:
    if kind == "continue":
        return continuer_settings(path, "Qwen3-14B-thinking")
    if kind in ("joint", "sequential"):
        return judge_settings(path, "Qwen3-32B-thinking")
    return generator_settings(path, "Qwen3-14B")


def _replies(text: str, recorded: dict[str, Any]) -> list[Handler]:
    """What the model said before the recorded request, then its recorded reply."""
    before = re.findall(r"<(?:RESPONSE|RESPONSE_1|FEEDBACK_1)>(.*?)</", text, re.S)
    return [says(reply) for reply in (*before, recorded["reply"])]


def _row(scenario: Scenario, text: str) -> Case:
    return next(r for r in scenario.rows if r.request in text or r.query in text)


async def _answer(name: str, *about: Any, **options: Any) -> None:
    checkout, settings, model, scenario, text = about
    context = MethodContext(model, ReferenceWording(checkout), sampling=settings.sampling)
    task = Task(_row(scenario, text).request, scenario.specs)
    await methods.build({"name": name, **options}).answer(task, context)


async def _judge(kind: Any, *about: Any) -> None:
    checkout, settings, model, scenario, text = about
    row = _row(scenario, text)
    (response,) = re.findall("<response_begin>(.*)<response_end>", text, re.S)
    case = JudgeCase(
        scenario.specs.listed(), row.query, response, reference=row.reference, label=row.label
    )
    await kind.of(checkout, settings.sampling).judge(case, model)


_RUN: dict[str, Callable[..., Awaitable[None]]] = {
    "answer": lambda *about: _answer("vanilla", *about),
    "feedback": lambda *about: _answer("self_refine", *about, iterations=1),
    "refine": lambda *about: _answer("self_refine", *about, iterations=1),
    "continue": lambda *about: _answer("zero_think", *about),
    "joint": lambda *about: _judge(ReferenceJoint, *about),
    "sequential": lambda *about: _judge(ReferenceSequential, *about),
}
