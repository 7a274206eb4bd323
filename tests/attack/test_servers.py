"""Servers that break, byte by byte: what each fault is taken for, and what a run makes of it."""

# pyright: basic
from __future__ import annotations

import asyncio
import contextlib
import copy
import json
import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from perf.campaign.fault_server import MARK, FaultServer
from perf.campaign.faults import FAULTS, LISTS
from perf.campaign.server_faults import Course, try_fault
from pydantic import ValidationError

from specloop.errors import ModelError, RunStoppedError, TransientModelError
from specloop.jsontext import read_model
from specloop.llm.backends import resolve
from specloop.llm.backends.openai.completion import Completion, Refusal, to_reply
from specloop.llm.backends.openai.failure import CallPlace, failure
from specloop.llm.backends.openai.scored import ScoredCompletion, last_tokens
from specloop.llm.base import Reply, Request
from specloop.llm.calls.retry import Retrying, asked_wait
from specloop.llm.thinking import Begun
from specloop.records import Message

ATTEMPTS = 2
OPTIONS = {
    "timeout_s": 0.4,
    "server": "unknown",
    "retry": {"attempts": ATTEMPTS, "base_s": 0, "cap_s": 0},
}
REQUEST = Request(messages=(Message(role="user", content="What do roses want?"),))
CALLS = {name: fault for name, fault in FAULTS.items() if name not in LISTS}


@pytest.fixture(scope="module")
def broken() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


@pytest.fixture(autouse=True)
def _notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "notes"))


async def asked(url: str, **more: Any) -> Reply | Exception:
    """What becomes of a call."""
    model = Retrying(resolve("openai:m", base_url=url, **OPTIONS | more))
    try:
        await model.aopen()
        return await model.generate(REQUEST)
    except (ModelError, RunStoppedError) as error:
        return error
    finally:
        await model.aclose()


@pytest.fixture(scope="module")
def right(broken: FaultServer) -> Reply:
    """What a server says that does not break."""
    broken.begin(None, 0.0)
    found = asyncio.run(asked(broken.url))
    assert isinstance(found, Reply)
    return found


@pytest.mark.parametrize("name", CALLS)
def test_a_fault_is_taken_for_what_it_is(name: str, broken: FaultServer, right: Reply) -> None:
    fault = CALLS[name]
    broken.begin(fault, 1.0)
    found = asyncio.run(asked(broken.url))
    n = broken.sent.total()
    if fault.due == "fine":
        assert isinstance(found, Reply), found
        assert (found.text, found.finish) == (right.text, "stop")
    elif fault.due == "answer":
        assert isinstance(found, Reply), found
        assert MARK not in found.text
    else:
        assert isinstance(found, Exception), found
        assert isinstance(found, TransientModelError) == (fault.due == "passing")
        assert len(str(found).splitlines()) == 1
        assert len(str(found)) < 1000
        assert "openai:m at http://127.0.0.1" in str(found)
    assert n == (ATTEMPTS if fault.due == "passing" else 1)


@pytest.mark.parametrize("name", sorted(set(LISTS) - {"models: silence"}))
def test_a_list_of_models_that_is_none_does_no_harm(
    name: str, broken: FaultServer, right: Reply
) -> None:
    broken.begin(LISTS[name], 1.0)
    found = asyncio.run(asked(broken.url, server=""))
    assert isinstance(found, Reply), found
    assert found.text == right.text


def test_a_surplus_answer_is_not_that_of_the_next_call(broken: FaultServer) -> None:
    async def twice() -> list[Reply]:
        model = resolve("openai:m", base_url=broken.url, **OPTIONS)
        requests = [REQUEST, *(REQUEST.model_copy(update={"prefill": p}) for p in "abc")]
        found = [await model.generate(one) for one in requests]
        await model.aclose()
        return found

    broken.begin(FAULTS["two answers"], 1.0)
    assert all(MARK not in reply.text for reply in asyncio.run(twice()))


def test_a_wish_when_to_come_back_is_a_time_or_ignored() -> None:
    rng = random.Random(5)
    parts = (
        "0 9 -1 1e9 nan inf 99999999999999999999 Thu, Mon 01 31 Jan Feb 1970 99999 : :61 GMT +9999"
    )
    for _ in range(3000):
        text = rng.choice(("", " ")).join(rng.choices(parts.split(), k=rng.randrange(9)))
        seconds = asked_wait(text)
        assert seconds is None or seconds >= 0, text


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("Retry-After hour 10**20", 0.1),
        ("418", 0.1),
        ("a stream", 1.0),
        *(
            pytest.param(name, share, marks=pytest.mark.slow)
            for name in ("reset in the body", "error as text", "chunks cut", "402", "silence")
            for share in (0.1, 1.0)
        ),
    ],
)
def test_a_run_loses_nothing_to_a_broken_server_and_goes_on_once_it_is_mended(
    name: str, share: float, course: Course
) -> None:
    found = try_fault(course, name, FAULTS[name], share)
    assert (found.faults, found.lost, found.traceback) == ([], 0, False)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    with FaultServer(2) as server:
        yield Course(tmp_path_factory.mktemp("course"), server)


def test_a_reply_with_parts_of_other_kinds_is_read_or_refused() -> None:
    rng = random.Random(7)
    for _ in range(600):
        whole = copy.deepcopy(WHOLE)
        for _ in range(rng.choice((1, 1, 2, 3))):
            _spoil(whole, rng)
        raw = json.dumps(whole).encode()
        with contextlib.suppress(ValidationError):
            found = read_model(Completion, raw)
            if found.failure:
                failure(PLACE, found.failure)
            else:
                Reply.model_validate_json(to_reply(found, Begun("")).model_dump_json())
        failure(PLACE, Refusal(rng.choice((400, 404, 429, 500)), raw.decode()))
        with contextlib.suppress(ValidationError):
            last_tokens(read_model(ScoredCompletion, raw), "a")


def _spoil(whole: Any, rng: random.Random) -> None:
    """Put something else in the place of a part, or take it out."""
    at = whole
    while True:
        key = rng.choice(list(at) if isinstance(at, dict) else range(len(at)))
        if not isinstance(at[key], dict | list) or not at[key] or rng.random() < 0.3:
            break
        at = at[key]
    if rng.random() < 0.15:
        del at[key]
    else:
        at[key] = copy.deepcopy(rng.choice(OTHERS))


PLACE = CallPlace("openai:m", "http://127.0.0.1/v1", "OPENAI_API_KEY", True)
OTHERS = (
    *(None, True, -1, 1.5, 10**30, -(10**400), "", "x", "9" * 5000, "NaN", "\ud83d"),
    *(
        math.inf,
        math.nan,
        [],
        {},
        [[]],
        [None],
        [{}],
        {"a": 1},
        {"message": "x", "code": "9" * 5000},
    ),
    *({"type": "text", "text": None}, {"content": [{"type": "text"}]}),
)
_TOKEN = {"token": "a", "logprob": -0.1, "top_logprobs": [{"token": "a", "logprob": -0.1}]}
_PROMPT = [None, {"1": {"logprob": -1.0, "decoded_token": "a"}}]
WHOLE = {
    "choices": [
        {
            "index": 0,
            "message": {
                "content": [
                    {"type": "text", "text": "a"},
                    {"type": "thinking", "thinking": [{"type": "text", "text": "t"}]},
                ],
                "refusal": None,
                "reasoning_content": "r",
                "error": None,
            },
            "finish_reason": "stop",
            "logprobs": {"content": [_TOKEN]},
            "prompt_logprobs": _PROMPT,
        }
    ],
    "prompt_logprobs": _PROMPT,
    "usage": {
        "prompt_tokens": 1,
        "completion_tokens": 1,
        "prompt_tokens_details": {"cached_tokens": 1},
        "completion_tokens_details": {"reasoning_tokens": 1},
    },
    "error": None,
    "message": "m",
    "detail": [{"loc": ["a"], "msg": "x", "input": 1}],
    "param": "p",
}
