"""Our methods send requests of the form that was recorded from the reference code."""

# pyright: basic
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.method_context import TASK, StandIn, scripted

from specloop.llm.base import Request
from specloop.methods import methods


@pytest.fixture
def recorded(shared_data: Path) -> dict[str, list[dict[str, Any]]]:
    path = shared_data / "specbench" / "reference_requests.jsonl"
    if not path.is_file():
        pytest.skip("no specbench/reference_requests.jsonl in the shared data")
    found: dict[str, list[dict[str, Any]]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        found.setdefault(one["kind"], []).append(one)
    return found


async def requests(name: str) -> list[Request]:
    table = {"name": name, **({"iterations": 1} if name == "self_refine" else {})}
    model, given = scripted(["\n\nRoses."], wording=StandIn())
    await methods.build(table).answer(TASK, given)
    return model.requests


def form(request: Request) -> tuple[list[str], str, list[str]]:
    """Roles, what the assistant's turn is begun with, stop strings."""
    roles = [m.role for m in request.messages] + ["assistant"] * bool(request.prefill)
    return roles, request.prefill, list(request.sampling.stop)


def recorded_form(body: dict[str, Any]) -> tuple[list[str], str, list[str]]:
    messages = body["messages"]
    begun = messages[-1]["content"] if messages[-1]["role"] == "assistant" else ""
    return [m["role"] for m in messages], begun, body.get("stop", [])


@pytest.mark.parametrize(
    ("name", "place", "kind"),
    [
        ("vanilla", 0, "answer"),
        ("self_refine", 0, "answer"),
        ("self_refine", 1, "feedback"),
        ("self_refine", 2, "refine"),
        ("zero_think", 0, "continue"),
    ],
)
async def test_a_call_has_the_recorded_form(recorded, name: str, place: int, kind: str):
    ours = form((await requests(name))[place])
    assert [recorded_form(one["request"]) for one in recorded[kind]] == [ours, ours]


async def test_a_recorded_refinement_shows_one_pair_numbered_one(recorded):
    for one in recorded["refine"]:
        text = one["request"]["messages"][-1]["content"]
        assert text.count("<RESPONSE_1>") == text.count("<FEEDBACK_1>") == 1
        assert "_2>" not in text
    *_, refine = await requests("self_refine")
    assert refine.messages[-1].content == "<1 Roses.|Roses.>"
