"""What `--dry-run` says that a benchmark will ask, against what it asks."""

# pyright: basic
from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.commands import here, started
from tests.pipeline.test_specbench import METHODS, options
from tests.scripted_server import ScriptedServer
from tests.specbench_data import write_data

from specloop.config import load_config
from specloop.llm.calls.cache import FILE
from specloop.llm.calls.ledger import read_ledger
from specloop.pipeline import Run
from specloop.pipeline.specbench import stage_generate, stage_judge
from specloop.pipeline.specbench_estimate import estimate_generate, estimate_judge, estimate_run
from specloop.store import RunFolder


def test_what_a_run_asks_lies_within_the_bill(tmp_path: Path, server: ScriptedServer) -> None:
    run = tmp_path / "run"
    told = options(tmp_path, server)
    bill = here("specbench", "run", run, *told, "--dry-run")
    assert not run.exists()
    assert server.bodies == []
    for name in (*METHODS, "judge"):
        assert name in bill
    here("specbench", "run", run, *told)
    spent = {e.stage.split(" openai")[0]: e.cost.n_calls for e in read_ledger(run / FILE)}
    assert spent["generate raw"] == spent["generate vanilla"] == 6
    assert spent["generate align3"] == 24
    assert "24" in bill
    assert 18 <= spent["judge joint"] <= 54


async def test_a_bill_covers_what_is_not_answered_and_not_judged_yet(
    tmp_path: Path, server: ScriptedServer
) -> None:
    options(tmp_path, server)
    run = started(tmp_path / "run", load_config(tmp_path / "bench.toml"))
    assert await estimate_judge(run) == []
    await stage_generate(run)
    assert await estimate_generate(run) == []
    (judging,) = await estimate_judge(run)
    assert judging.calls == (6, 18)
    assert await estimate_run(run) == [judging]
    await stage_judge(run)
    assert await estimate_run(run) == []
    more = load_config(tmp_path / "bench.toml", ["specbench.methods=['raw']"])
    answering, judging = await estimate_run(Run(run.folder, more))
    assert (answering.stage, answering.calls, judging.calls) == ("generate raw", (6, 6), (6, 18))
    other = load_config(tmp_path / "bench.toml", ["specbench.judge='sequential'"])
    (judging,) = await estimate_judge(Run(run.folder, other))
    assert judging.calls.low == 6 * 5
    cascade = "{name='cascade', cheap='joint', strong={name='graded', samples=2}}"
    other = load_config(tmp_path / "bench.toml", [f"specbench.judge={cascade}"])
    (judging,) = await estimate_judge(Run(run.folder, other))
    assert judging.calls == (0, 6 * 3 + 6 * 5 * 2 * 3)  # The joint judge was asked before.


async def test_the_bill_of_judging_takes_specs_that_code_decides(
    tmp_path: Path, server: ScriptedServer
) -> None:
    specs = {
        "safety_specifications": ["Name no poison."],
        "behavioral_specifications": ["Answer in at most 9 words."],
    }
    write_data(tmp_path / "data" / "Garden", specs=specs)
    options(tmp_path, server)
    run = started(tmp_path / "run", load_config(tmp_path / "bench.toml"))
    await stage_generate(run)
    (judging,) = await estimate_judge(run)
    assert judging.calls == (6, 18)


@pytest.mark.parametrize("method", ["align3", "more_think"])
async def test_the_least_of_a_native_thinker_has_no_call_that_closes_its_thought(
    tmp_path: Path, server: ScriptedServer, method: str
) -> None:
    options(tmp_path, server)
    config = load_config(tmp_path / "bench.toml", [f"specbench.methods=['{method}']"])
    (found,) = await estimate_generate(Run(RunFolder(tmp_path), config))
    assert found.calls == (6 * 3, 6 * 4)


async def test_the_least_of_a_judge_that_chooses_is_one_call_a_candidate(
    tmp_path: Path, server: ScriptedServer
) -> None:
    options(tmp_path, server)
    scorer = "specbench.scorer={name='judge', mode={name='joint', reason_chars=0}}"
    method = "specbench.methods=[{name='best_of_n', n=2}]"
    run = Run(RunFolder(tmp_path), load_config(tmp_path / "bench.toml", [method, scorer]))
    answering, choosing = await estimate_generate(run)
    assert answering.calls == (12, 12)
    assert choosing.role == "scorer"
    assert choosing.calls == (12, 36)


def test_a_method_that_ends_early_lies_within_the_bill(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run, told = tmp_path / "run", options(tmp_path, server, "self_refine")
    role = f'{{ model = "openai:m", options = {{ base_url = "{server.url}" }} }}'
    ends = "specbench.methods=[{name='self_refine', patience=1, until_satisfied=true}]"
    told = [*told[:2], "--set", f"roles.scorer={role}", "--set", "specbench.scorer='judge'"]
    settings = load_config(tmp_path / "bench.toml", [*told[3::2], ends])
    (target, scorer) = asyncio.run(estimate_generate(Run(RunFolder(run, planned=True), settings)))
    here("specbench", "generate", run, *told, "--set", ends)
    spent = {e.role: e.cost.n_calls - e.cost.n_cached for e in read_ledger(run / FILE)}
    assert target.calls.low <= spent["target"] < target.calls.high
    assert scorer.calls.low <= spent["scorer"] < scorer.calls.high


def test_answers_that_are_the_same_are_billed_once(tmp_path: Path, server: ScriptedServer) -> None:
    run, told = tmp_path / "run", options(tmp_path, server, "vanilla", "best_of_n")
    role = f'{{ model = "openai:m", options = {{ base_url = "{server.url}" }} }}'
    sets = (f"roles.scorer={role}", "specbench.scorer='judge'", "specbench.temperature=0.7")
    here("specbench", "generate", run, *told, *(part for one in sets for part in ("--set", one)))
    (line,) = asyncio.run(estimate_judge(Run.resume(run)))
    here("specbench", "judge", run)
    spent = [e.cost for e in read_ledger(run / FILE) if e.role == "judge"]
    assert line.calls.low <= sum(cost.n_calls - cost.n_cached for cost in spent) <= line.calls.high
    assert line.calls.low < 12


def test_calls_that_methods_share_are_in_the_least_once(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run, told = tmp_path / "run", options(tmp_path, server)
    role = f'{{ model = "openai:m", options = {{ base_url = "{server.url}" }} }}'
    methods = "['vanilla', {name='best_of_n', n=2}, {name='self_refine', iterations=1}]"
    sets = (f"roles.scorer={role}", "specbench.scorer='judge'", f"specbench.methods={methods}")
    told = [*told[:2], *(part for one in sets for part in ("--set", one))]
    settings = load_config(tmp_path / "bench.toml", list(sets))
    bill = asyncio.run(estimate_run(Run(RunFolder(run, planned=True), settings)))
    assert [line.calls.low for line in bill if line.role == "target"] == [6, 6, 12]
    here("specbench", "run", run, *told)
    spent = sum(e.cost.n_calls - e.cost.n_cached for e in read_ledger(run / FILE))
    assert sum(line.calls.low for line in bill) <= spent <= sum(line.calls.high for line in bill)


def test_calls_that_are_stored_are_not_in_the_least(tmp_path: Path, server: ScriptedServer) -> None:
    run, told = tmp_path / "run", options(tmp_path, server, "vanilla")
    role = f'{{ model = "openai:m", options = {{ base_url = "{server.url}" }} }}'
    more = ["specbench.methods=[{name='best_of_n', n=3}]", "specbench.scorer='judge'"]
    here("specbench", "generate", run, *told)
    config = load_config(tmp_path / "bench.toml", [f"roles.scorer={role}", *more])
    (target, _) = asyncio.run(estimate_generate(Run(RunFolder(run), config)))
    assert target.calls == (6 * 2, 6 * 3)
