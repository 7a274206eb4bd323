"""The parts of the embedded backend that need no model."""

# pyright: basic
from __future__ import annotations

import asyncio
import struct
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from specloop.errors import InputError, ModelError
from specloop.llm.backends import resolve
from specloop.llm.backends.embedded import Embedded
from specloop.llm.backends.embedded.engine import Engine, Job
from specloop.llm.backends.embedded.gguf import context_length
from specloop.llm.backends.embedded.prefixes import BLOCK, BlockedPrompt, Prefixes
from specloop.llm.chat import Markers
from specloop.records import Message

pytest.importorskip("openvino_genai")


def gguf(*entries: bytes) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(entries)) + b"".join(entries)


def entry(key: str, kind: int, value: bytes) -> bytes:
    return struct.pack("<Q", len(key)) + key.encode() + struct.pack("<I", kind) + value


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def test_the_context_length_is_found_past_other_entries(tmp_path: Path):
    path = tmp_path / "m.gguf"
    words = struct.pack("<IQ", 8, 2) + text("a") + text("bc")
    numbers = struct.pack("<IQ", 5, 3) + bytes(12)
    path.write_bytes(
        gguf(
            entry("general.name", 8, text("x")),
            entry("tokens", 9, words),
            entry("types", 9, numbers),
            entry("f", 7, b"\1"),
            entry("llama.context_length", 4, struct.pack("<I", 2048)),
        )
    )
    assert context_length(path) == 2048


@pytest.mark.parametrize("content", [b"", b"PK\3\4 not a model", b"GGUF\3", gguf(b"\xff" * 40)])
def test_a_file_that_is_no_model_is_the_users_mistake(tmp_path: Path, content: bytes):
    path = tmp_path / "m.gguf"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not a readable GGUF"):
        resolve(f"embedded:{path}")


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(InputError, match="no such file"):
        resolve(f"embedded:{tmp_path / 'm.gguf'}")


def test_markers_in_data_are_broken_up_and_roles_are_the_templates():
    messages = (
        Message(role="system", content="a"),
        Message(role="developer", content="b"),
        Message(role="user", content="c<|end|>"),
    )
    assert Markers(["<|end|>"]).turns(messages) == [
        {"role": "system", "content": "a\n\nb"},
        {"role": "user", "content": "c< |end|>"},
    ]
    assert Markers([]).plain("<|end|>") == "<|end|>"


def started(*prompts: list[int]) -> Prefixes:
    prefixes = Prefixes()
    for key, prompt in enumerate(prompts):
        prefixes.start(key, BlockedPrompt(prompt))
    return prefixes


SHARED = list(range(BLOCK * 4))


def test_a_request_waits_for_another_that_reads_its_beginning():
    second = BlockedPrompt([*SHARED, *range(900, 900 + BLOCK)])
    prefixes = started([*SHARED, 1])
    assert prefixes.must_wait(second)
    assert prefixes.must_wait(BlockedPrompt(SHARED[: BLOCK + 3]))
    assert not prefixes.must_wait(BlockedPrompt(list(range(5000, 5000 + BLOCK * 4))))
    prefixes.read(0)
    prefixes.start(1, second)
    assert not prefixes.must_wait(BlockedPrompt([*SHARED, *range(700, 800)]))
    assert prefixes.must_wait(BlockedPrompt([*second.ids, 7]))


def test_a_prompt_is_not_continued_before_its_reply_is_written():
    prefixes = started([1, 2, 3])
    for prompt in ([1, 2, 3], [1, 2, 3, 4]):
        assert prefixes.must_wait(BlockedPrompt(prompt))
    for prompt in ([1, 2], [1, 2, 4, 5]):
        assert not prefixes.must_wait(BlockedPrompt(prompt))
    prefixes.read(0)
    assert not prefixes.must_wait(BlockedPrompt([1, 2, 3]))
    assert prefixes.must_wait(BlockedPrompt([1, 2, 3, 4]))
    prefixes.end(0, [4, 5])
    assert not prefixes.must_wait(BlockedPrompt([1, 2, 3, 4]))


def test_a_text_that_ended_is_continued_by_one_request_at_a_time():
    prefixes = started([*SHARED, 1, 2])
    prefixes.read(0)
    prefixes.end(0, [3, 4])
    longer = [*SHARED, 1, 2, 3]
    prefixes.start(1, BlockedPrompt([*longer, *range(500, 550)]))
    other = BlockedPrompt([*longer, *range(600, 650)])
    assert prefixes.must_wait(other)
    assert not prefixes.must_wait(BlockedPrompt([*SHARED, 8, 9]))
    prefixes.read(1)
    assert not prefixes.must_wait(other)


class BrokenPipeline:
    """Takes requests and fails at the first step."""

    cancelled = False

    def get_tokenizer(self) -> None:
        return None

    def add_request(self, *_: Any) -> BrokenPipeline:
        return self

    def cancel(self) -> None:
        self.cancelled = True

    def step(self) -> None:
        raise RuntimeError("out of registers")


class WaitingPipeline(BrokenPipeline):
    """Waits in its steps until it may go on; fails a step over more than one request."""

    n_added, in_step = 0, False

    def __init__(self) -> None:
        self.stepping, self.go_on = threading.Event(), threading.Event()

    def add_request(self, *_: Any) -> BrokenPipeline:
        self.n_added += 1
        return self

    def step(self) -> None:
        self.in_step = True
        self.stepping.set()
        self.go_on.wait(10)
        self.in_step = False
        if self.n_added > 1:
            raise RuntimeError(f"step over {self.n_added}")

    def can_read(self) -> bool:
        return False

    def get_status(self) -> Any:
        import openvino_genai

        return openvino_genai.GenerationStatus.RUNNING


def start(load: Any) -> Engine:
    return Engine(Path("broken.gguf"), Embedded(), load)


def test_files_are_loaded_one_after_the_other():
    loading, most = 0, 0

    def load(*_: Any) -> Any:
        nonlocal loading, most
        loading += 1
        most = max(most, loading)
        time.sleep(0.05)
        loading -= 1
        return BrokenPipeline()

    engines = [start(load) for _ in range(3)]
    for engine in engines:
        engine.tokenizer.result(10)
        engine.close()
    assert most == 1


async def test_one_who_stops_waiting_for_a_load_stops_nobody_elses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go_on, ended = threading.Event(), list[Any]()

    def load(*_: Any) -> Any:
        go_on.wait(10)
        return BrokenPipeline()

    monkeypatch.setattr(threading, "excepthook", ended.append)
    engine = start(load)
    waiting = asyncio.ensure_future(asyncio.wrap_future(engine.tokenizer))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.wrap_future(engine.tokenizer)
    engine.close()
    assert waiting.cancelled()
    assert ended == []


def test_a_step_that_fails_fails_every_request_and_the_engine_lives_on():
    engine = start(lambda *_: BrokenPipeline())
    for _ in range(2):
        futures = [engine.submit(Job([1, 2, 3], None)) for _ in range(3)]
        for future in futures:
            with pytest.raises(ModelError, match="out of registers"):
                future.result(10)
    engine.close()


def test_requests_under_way_are_computed_in_the_same_step():
    pipeline = WaitingPipeline()
    engine = start(lambda *_: pipeline)
    futures = [engine.submit(Job([1], None))]
    assert pipeline.stepping.wait(10)
    futures += [engine.submit(Job([n], None)) for n in range(2, 6)]
    pipeline.go_on.set()
    for future in futures:
        with pytest.raises(ModelError, match="step over 5"):
            future.result(10)
    engine.close()


class Handle:
    """Of a request that is read in its second step and ends in its third."""

    def __init__(self) -> None:
        self.n_steps, self.cancelled_at = 0, -1

    def can_read(self) -> bool:
        return self.n_steps == 2

    def cancel(self) -> None:
        self.cancelled_at = self.n_steps

    def read_all(self) -> list[Any]:
        return []

    def get_status(self) -> Any:
        from openvino_genai import GenerationStatus

        ended = self.n_steps > 2 or self.cancelled_at >= 0
        return GenerationStatus.FINISHED if ended else GenerationStatus.RUNNING


class SteppingPipeline(BrokenPipeline):
    """Keeps which requests each step held; waits before each one until it may go on."""

    def __init__(self) -> None:
        self.running: dict[int, tuple[Handle, bool]] = {}
        self.steps: list[list[int]] = []
        self.go_on = threading.Event()

    def add_request(self, key: int, _: Any, config: Any) -> Any:
        self.running[key] = (Handle(), config.echo)
        return self.running[key][0]

    def step(self) -> None:
        self.go_on.wait(10)
        assert len({echo for _, echo in self.running.values()}) == 1
        self.steps.append(list(self.running))
        for key, (handle, _) in list(self.running.items()):
            handle.n_steps += 1
            if handle.n_steps > 2 or handle.cancelled_at >= 0:
                del self.running[key]


def stepping() -> tuple[list[SteppingPipeline], Engine]:
    """The pipelines that are loaded, and the engine; they step when the first may go on."""
    pipelines: list[SteppingPipeline] = []

    def load(*_: Any) -> SteppingPipeline:
        pipelines.append(SteppingPipeline())
        pipelines[-1].go_on = pipelines[0].go_on
        return pipelines[-1]

    engine = start(load)
    engine.tokenizer.result(10)
    return pipelines, engine


def test_prompts_that_report_their_scores_have_steps_of_their_own_and_wait_for_no_reply():
    pipelines, engine = stepping()
    kinds = [False, True, False, True, True]
    jobs = [Job([n], SimpleNamespace(echo=echo)) for n, echo in enumerate(kinds)]
    futures = [engine.submit(job) for job in jobs]
    pipelines[0].go_on.set()
    for future in futures:
        future.result(10)
    assert len(pipelines) == 2
    assert len(pipelines[0].steps) <= 6
    engine.submit(Job([9], SimpleNamespace(echo=True))).result(10)
    assert len(pipelines) == 2
    engine.close()


def test_a_request_that_is_cancelled_is_read_to_the_end_first():
    (pipeline,), engine = stepping()
    future = engine.submit(Job([1], SimpleNamespace(echo=False)))
    while not pipeline.running:
        time.sleep(0.01)
    handle = pipeline.running[0][0]
    future.cancel()
    pipeline.go_on.set()
    engine.submit(Job([2], SimpleNamespace(echo=False))).result(10)
    assert handle.cancelled_at == 2
    engine.close()


def test_a_file_that_cannot_be_loaded_fails_what_waits_and_what_comes():
    def load(*_: Any) -> Any:
        raise RuntimeError("no such architecture")

    engine = start(load)
    with pytest.raises(ModelError, match="no such architecture"):
        engine.tokenizer.result(10)
    with pytest.raises(ModelError):
        engine.submit(Job([1], None)).result(10)
    engine.close()


def test_closing_fails_what_is_under_way():
    pipeline = WaitingPipeline()
    engine = start(lambda *_: pipeline)
    future = engine.submit(Job([1], None))
    assert pipeline.stepping.wait(10)
    closer = threading.Thread(target=engine.close)
    closer.start()
    pipeline.go_on.set()
    closer.join(10)
    with pytest.raises(ModelError, match="closed"):
        future.result(10)


def test_an_errand_is_done_between_steps_and_its_job_is_in_the_next():
    pipeline, where = WaitingPipeline(), []
    engine = start(lambda *_: pipeline)

    def errand() -> Any:
        where.append((threading.current_thread().name, pipeline.in_step))
        return engine.submit(Job([2], None))

    first = engine.submit(Job([1], None))
    assert pipeline.stepping.wait(10)
    begun = engine.do(errand)
    pipeline.go_on.set()
    for future in (first, begun.result(10)):
        with pytest.raises(ModelError, match="step over 2"):
            future.result(10)
    assert where == [("engine broken.gguf", False)]
    engine.close()


def test_an_errands_error_is_its_own_and_a_closed_engine_does_none():
    engine = start(lambda *_: BrokenPipeline())
    with pytest.raises(KeyError):
        engine.do(lambda: {}["x"]).result(10)
    assert engine.do(lambda: 1).result(10) == 1
    engine.close()
    with pytest.raises(ModelError, match="closed"):
        engine.do(lambda: 1).result(10)
