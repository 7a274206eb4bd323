"""Runs that end before their end: killed, interrupted, over a limit, with failed items."""

# pyright: basic
from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.commands import command, specloop
from tests.loop import SHOP_POLICY, config
from tests.scripted_server import ScriptedServer, mark_of

from specloop.llm.calls.ledger import read_ledger
from specloop.records import Evaluation, Timing
from specloop.store import RunFolder

STAGES = ("instances", "probes", "synth", "pairs", "eval")


def begun(folder: Path, server: ScriptedServer, name: str) -> Path:
    """A run with rules, instances and probes."""
    path = config(folder, server)
    run = folder / name
    specloop("rules", SHOP_POLICY, "--out", run, "--config", path)
    for stage in STAGES[:2]:
        specloop(stage, run)
    return run


def started(*args: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(*args),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def stored_marks(run: Path) -> set[int]:
    """The marks of the requests whose replies are stored."""
    if not (run / "calls.sqlite").exists():
        return set()
    db = sqlite3.connect(run / "calls.sqlite")
    replies = [json.loads(reply) for (reply,) in db.execute("select reply from calls")]
    db.close()
    return {reply["usage"]["prompt_tokens"] for reply in replies}


def outcome(run: Path) -> dict[str, object]:
    """All records as they are on disk; of evaluations all but what they cost, and no times."""
    files: dict[str, object] = {p.name: p.read_bytes() for p in run.glob("*.jsonl")}
    files.pop(Timing.FILE, None)
    found = RunFolder(run).read(Evaluation)
    files["evaluations.jsonl"] = [e.model_dump(exclude={"cost"}) for e in found]
    return files


@pytest.mark.slow
def test_a_run_killed_at_ten_moments_pays_for_nothing_twice_and_ends_the_same(
    tmp_path: Path,
) -> None:
    with ScriptedServer(delay_s=0.05, marked=True) as server:
        path = config(tmp_path, server)
        whole, killed = tmp_path / "whole", tmp_path / "killed"
        for run in (whole, killed):
            specloop("rules", SHOP_POLICY, "--out", run, "--config", path)
        for stage in STAGES:
            specloop(stage, whole)
        n_whole = len(server.bodies)
        rng = random.Random(3)
        kills = [stage for stage in STAGES[1:] for _ in range(2)] + ["synth", "eval"]
        kills.sort(key=STAGES.index)
        n_in_flight = 0
        for stage in STAGES:
            for _ in range(kills.count(stage)):
                n_in_flight += kill(stage, killed, server, rng)
            known = stored_marks(killed)
            n_before = len(server.bodies)
            specloop(stage, killed)
            assert not known & {mark_of(body) for body in server.bodies[n_before:]}
        assert outcome(killed) == outcome(whole)
        assert n_in_flight > 0
    totals = [
        sum(e.cost.n_calls - e.cost.n_cached for e in read_ledger(run / "calls.sqlite"))
        for run in (whole, killed)
    ]
    assert totals[0] == totals[1] == len(stored_marks(killed)) <= n_whole
    tokens = [
        sum(e.cost.completion_tokens for e in read_ledger(run / "calls.sqlite"))
        for run in (whole, killed)
    ]
    assert tokens[0] == tokens[1]


def kill(stage: str, run: Path, server: ScriptedServer, rng: random.Random) -> int:
    """Kill a stage after some of its calls; how many requests had come without being stored."""
    known, n_before = stored_marks(run), len(server.bodies)
    process = started(stage, run)
    n_wanted = rng.randrange(1, 12)
    deadline = time.monotonic() + 60
    while len(server.bodies) < n_before + n_wanted and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    time.sleep(rng.uniform(0, 0.15))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    sent = {mark_of(body) for body in server.bodies[n_before:]}
    assert not known & sent
    return len(sent - stored_marks(run))


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGTERM,
        *(pytest.param(n, marks=pytest.mark.slow) for n in (signal.SIGINT, signal.SIGHUP)),
    ],
)
def test_a_signal_stops_the_run_and_keeps_what_is_in_flight(
    tmp_path: Path, number: signal.Signals
) -> None:
    with ScriptedServer(marked=True) as server:
        run = begun(tmp_path, server, "run")
        server.delay_s, n_before = 0.5, len(server.bodies)
        process = started("synth", run)
        while len(server.bodies) == n_before:
            time.sleep(0.01)
        time.sleep(0.1)
        process.send_signal(number)
        said, _ = process.communicate(timeout=20)
        assert process.returncode == 130, said
        sent = server.bodies[n_before:]
        assert "calls in flight get 5 s" in said
        assert f"with {len(sent)} calls of this command; the same command goes on" in said
        assert "Traceback" not in said
        assert {mark_of(body) for body in sent} <= stored_marks(run)
        server.delay_s, n_stopped = 0.0, len(server.bodies)
        specloop("synth", run)
        again = {mark_of(body) for body in server.bodies[n_stopped:]}
        assert not again & {mark_of(body) for body in sent}


def test_a_second_interrupt_ends_at_once(tmp_path: Path) -> None:
    with ScriptedServer() as server:
        run = begun(tmp_path, server, "run")
        server.delay_s, n_before = 60.0, len(server.bodies)
        process = started("synth", run)
        while len(server.bodies) == n_before:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=20)
        assert process.returncode == 130
        assert time.monotonic() - start < 2
        assert "ended at once" in said


def test_a_limit_stops_the_run_exactly_there_and_a_higher_one_goes_on(tmp_path: Path) -> None:
    with ScriptedServer(delay_s=0.01) as server:
        run = begun(tmp_path, server, "run")
        most = len(server.bodies) + 5
        stopped = specloop("synth", run, "--max-calls", most, check=False)
        assert stopped.returncode == 1
        assert len(server.bodies) == most
        assert f"--max-calls {most} is reached: the run has made {most} calls" in stopped.stderr
        assert "give the same command to go on" in stopped.stderr
        assert specloop("synth", run, "--max-calls", most, check=False).returncode == 1
        assert len(server.bodies) == most
        specloop("synth", run, "--max-calls", 10_000)
        unpriced = specloop("pairs", run, "--max-cost", 1, check=False)
        assert unpriced.returncode == 2
        assert '[prices."openai:target"]' in unpriced.stderr


def test_failed_items_are_written_down_and_end_the_command_with_exit_code_1(
    tmp_path: Path,
) -> None:
    asked: list[str] = []

    def refuses(body: dict) -> bool:
        if body["model"] != "target":
            return False
        asked.append(body["messages"][-1]["content"])
        return len(asked) == 4

    with ScriptedServer(refuses=refuses) as server:
        run = begun(tmp_path, server, "run")
        sets = ("--set", "synthesis.max_failures=0.9")
        done = specloop("synth", run, *sets, check=False)
        assert done.returncode == 1, done.stderr
        assert "in synth): " in done.stderr
        assert "failures.jsonl says why" in done.stderr
        assert "not this one" in (run / "failures.jsonl").read_text()


def test_cost_and_cache_commands_tell_what_the_run_did(tmp_path: Path) -> None:
    with ScriptedServer() as server:
        run = begun(tmp_path, server, "run")
        n = len(server.bodies)
        priced = tmp_path / "prices.toml"
        priced.write_text('[prices."openai:helper"]\ninput = 1000\noutput = 2000\n')
        unpriced, table = specloop("cost", run).stdout, specloop("cost", run, "--config", priced)
    entries = read_ledger(run / "calls.sqlite")
    assert sum(e.cost.n_calls - e.cost.n_cached for e in entries) == n
    assert {e.stage for e in entries} == {"rules", "probes"}
    tokens_out = sum(e.cost.completion_tokens for e in entries)
    paid = sum(e.cost.prompt_tokens for e in entries)
    assert f"{(1000 * paid + 2000 * tokens_out) / 1e6:.4f}" in table.stdout
    assert f"{paid:,}" in unpriced
    info = specloop("cache", "info", run).stdout
    assert f": {n} calls" in info
    assert "openai:helper" in info
    assert ": 0 calls dropped" in specloop("cache", "prune", run, "--older-than", "1h").stdout
    assert specloop("cache", "prune", run, check=False).returncode == 2
    dropped = specloop("cache", "prune", run, "--model", "openai:helper").stdout
    assert f": {n} calls dropped" in dropped
    assert ": 0 calls" in specloop("cache", "info", run).stdout
    assert read_ledger(run / "calls.sqlite") == entries


def test_a_stage_stopped_by_failures_stops_again_without_a_call(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = begun(tmp_path, server, "run")
    silent = ("eval", run, "--model", "scripted:tests.scripted_server.silent")
    said = [specloop(*silent, "--set", "evaluate.max_failures=0.1", check=False)]
    ledger = [read_ledger(run / "calls.sqlite")]
    said.append(specloop(*silent, check=False))
    ledger.append(read_ledger(run / "calls.sqlite"))
    first, again = (sum(e.cost.n_calls - e.cost.n_cached for e in one) for one in ledger)
    assert all("blank" in one.stderr and one.returncode == 1 for one in said)
    assert first == again


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_a_signal_ends_a_long_reading_at_once(tmp_path: Path, number: signal.Signals) -> None:
    entries = (f"- Never share record {n} with anybody who asks.\n" for n in range(100_000))
    document, run = tmp_path / "long.md", tmp_path / "run"
    document.write_text("# Desk\n\n" + "".join(entries))
    process = started("rules", document, "--out", run)
    assert process.stdout
    assert process.stdout.readline() == "rules\n"
    time.sleep(1)
    process.send_signal(number)
    said, _ = process.communicate(timeout=10)
    assert process.returncode == 130, said
    assert said.endswith("the same command goes on from there\n")
    assert "Traceback" not in said
    assert not (run / "rules.jsonl").exists()


SLOW_LOAD = """
import sys, time
from pathlib import Path
import openvino_genai

loading = Path(sys.argv.pop(1))

class Pipeline:
    def __init__(self, *_):
        loading.touch()
        time.sleep(1)

    def get_tokenizer(self):
        return None

openvino_genai.ContinuousBatchingPipeline = Pipeline
from specloop.cli import main
main()
"""


def test_an_interrupt_while_an_embedded_model_loads_ends_with_one_line(tmp_path: Path) -> None:
    pytest.importorskip("openvino_genai")
    from tests.pipeline.test_calibrate import labels
    from tests.unit.llm.test_embedded import entry, gguf

    weights, loading = tmp_path / "m.gguf", tmp_path / "loading"
    weights.write_bytes(gguf(entry("llama.context_length", 4, (2048).to_bytes(4, "little"))))
    gold = labels(tmp_path / "labels.jsonl")
    asked = ("calibrate", tmp_path / "run", "--gold", gold, "--model", f"embedded:{weights}")
    asked += ("--set", "limits.grace_s=0.2")
    running = subprocess.Popen(
        [sys.executable, "-c", SLOW_LOAD, str(loading), "judge", *map(str, asked)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    while not loading.exists() and running.poll() is None:
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    said, _ = running.communicate(timeout=30)
    assert running.returncode == 130, said
    *first, last = said.splitlines()
    assert last.startswith("specloop: stopped; all that finished is kept in")
    assert next(line for line in first if "specloop" in line).startswith("specloop: stopping;")
    assert "Traceback" not in said
    assert "Error" not in said
