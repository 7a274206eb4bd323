"""`inspect eval specloop/specbench` as a user types it, against a server; its logs open."""

# pyright: basic
from __future__ import annotations

import importlib
import importlib.util
import json
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from tests.scripted_server import ScriptedServer
from tests.specbench_data import write_data

from specloop.measuring.scores import sar, values_of
from specloop.records import Answer, Judgement
from specloop.specbench.load import read_scenario

if importlib.util.find_spec("inspect_ai") is None:
    pytest.skip("Inspect AI is not installed", allow_module_level=True)
if not entry_points(group="inspect_ai", name="specloop"):
    pytest.skip(
        "specloop was installed before it had an entry point for Inspect: pip install -e .",
        allow_module_level=True,
    )

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def inspect(folder: Path, *arguments: str, url: str = "") -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"NO_COLOR": "1", "COLUMNS": "200"}
    environment |= {"LOCAL_API_KEY": "none", "LOCAL_BASE_URL": url}
    command = [sys.executable, "-m", "inspect_ai", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240
    )


def evaluate(folder: Path, server: ScriptedServer, *arguments: str) -> Any:
    """The log of the command in the issue, on data and a server of our own."""
    write_data(folder / "data" / "Garden")
    done = inspect(
        folder,
        *("eval", "specloop/specbench", "-T", f"data={folder}", "-T", "scenario=Garden"),
        *("--model", "openai-api/local/m", "--log-dir", "logs", "--display", "plain"),
        *arguments,
        url=server.url,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = (folder / "logs").glob("*.eval")
    return importlib.import_module("inspect_ai.log").read_eval_log(str(path))


@pytest.mark.parametrize(
    ("prefill", "form", "n_calls"), [("false", "conversational", 4), ("true", "native", 3)]
)
def test_align3_by_entry_point(
    server: ScriptedServer, tmp_path: Path, prefill: str, form: str, n_calls: int
) -> None:
    method = '{"name": "align3", "unclosed": "answer"}'
    log = evaluate(tmp_path, server, "-T", f"method={method}", "-T", f"prefill={prefill}")
    scenario = read_scenario(tmp_path / "data" / "Garden")
    assert (log.status, log.eval.task) == ("success", "specloop/specbench")
    assert {sample.id for sample in log.samples} == {row.id for row in scenario.rows}
    for sample in log.samples:
        answer = Answer.model_validate(sample.store["Specloop:answer"])
        assert (answer.method, answer.form, len(answer.steps)) == ("align3", form, n_calls)
        score = sample.scores["spec_judge"]
        judgement = Judgement.model_validate(score.metadata["judgement"])
        values = values_of(judgement.verdicts, scenario.specs)
        assert values.n_unscored == 0
        assert score.value["sar"] == sar(values).value
    means = {one.name: one.metrics["mean"].value for one in log.results.scores}
    assert 0 <= means["sar"] <= means["safety"] <= 1
    usage = log.stats.model_usage["openai-api/local/m"]
    assert len(server.bodies) == 6 * (n_calls + 1)
    assert usage.input_tokens == 20 * len(server.bodies)


def test_vanilla_with_a_judge_of_its_own_and_the_log_opens(
    server: ScriptedServer, tmp_path: Path
) -> None:
    judge = ("--model-role", "judge=openai-api/local/j")
    log = evaluate(tmp_path, server, "-T", "subset=3", *judge)
    assert [len(log.samples), len(server.bodies)] == [3, 6]
    assert sum(body["model"] == "j" for body in server.bodies) == 3
    assert log.stats.role_usage["judge"].input_tokens == 60
    dumped = inspect(tmp_path, "log", "dump", str(log.location))
    assert len(json.loads(dumped.stdout)["samples"]) == 3
    made = inspect(
        tmp_path, "view", "bundle", "--log-dir", "logs", "--output-dir", str(tmp_path / "site")
    )
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "site" / "index.html").is_file()
    assert list((tmp_path / "site" / "logs").glob("*.eval"))


def test_a_method_is_a_solver_by_its_name(server: ScriptedServer, tmp_path: Path) -> None:
    solver = ("--solver", "specloop/more_think", "-S", "rounds=2")
    log = evaluate(tmp_path, server, "-T", "subset=1", *solver)
    answer = log.samples[0].store["Specloop:answer"]
    assert (answer["method"], answer["settings"]) == ("more_think", {"rounds": 2})


def test_a_mistake_shows_no_traceback(tmp_path: Path) -> None:
    write_data(tmp_path / "data" / "Garden")
    asked = ("-T", f"data={tmp_path}", "-T", "scenario=Gardn", "--model", "mockllm/model")
    done = inspect(tmp_path, "eval", "specloop/specbench", *asked, "--display", "plain")
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 1
    assert "no scenario 'Gardn'. Did you mean 'Garden'?" in said
    assert "Traceback" not in said
