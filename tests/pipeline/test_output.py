"""Where output goes: results to stdout, progress, remarks and errors to stderr."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.commands import Done, process, specloop

from specloop.cli.app import app
from specloop.cli.tables import print_headline
from specloop.pipeline import Run
from specloop.records import Evaluation
from specloop.store import RunFolder
from specloop.terminal import console, results

POLICY = "tests/data/shop_policy.md"
RUBBISH = "scripted:tests.scripted_server.rubbish"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small run, evaluated."""
    out = tmp_path_factory.mktemp("output") / "run"
    toml = out.parent / "run.toml"
    toml.write_text(
        f'[roles]\ntarget = "{RUBBISH}"\n'
        "[synthesis]\nwaves = 1\nexchanges_per_wave = 2\nn_validation = 1\nn_test = 3\n"
        "[evaluate]\ngeneral = false\n[instances]\nmin_rules = 1\n"
    )
    specloop("rules", POLICY, "--out", out, "--config", toml)
    for stage in ("instances", "probes", "eval"):
        specloop(stage, out)
    return out


def whole(text: str) -> Any:
    """The one JSON document that a text is."""
    return json.loads(text)


def test_results_alone_stand_on_stdout(run: Path) -> None:
    done = process("eval", run)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Held-out probes")
    assert "rules kept" not in done.stderr
    assert "evaluate" in done.stderr


@pytest.mark.parametrize(
    "args",
    [
        ("eval", "RUN"),
        ("eval", "RUN", "--dry-run"),
        ("eval", "RUN", "--model", f"{RUBBISH}:n", "--dry-run"),
        ("cost", "RUN"),
        ("strategies",),
        ("models", "list"),
        ("models",),
    ],
    ids=" ".join,
)
def test_json_is_one_document(run: Path, args: tuple[str, ...]) -> None:
    done = said(run, *args, "--json")
    assert whole(done.stdout)


def said(run: Path, *args: str) -> Done:
    return specloop(*(str(run) if arg == "RUN" else arg for arg in args))


def test_rules_as_json_hold_the_rules_with_their_place(tmp_path: Path) -> None:
    done = specloop("rules", POLICY, "--out", tmp_path / "run", "--json")
    found = whole(done.stdout)
    text = Path(POLICY).read_text()
    assert found["rules"]
    assert all(text[rule["start"] : rule["end"]] == rule["quote"] for rule in found["rules"])


def test_evaluations_as_json_are_the_records(run: Path) -> None:
    (found,) = whole(said(run, "eval", "RUN", "--json").stdout)["evaluations"]
    assert found["label"] == "base"
    assert {"name", "value", "n", "ci_low", "n_unscored"} <= found["metrics"][0].keys()


def test_what_a_named_model_would_be_asked_is_told_beforehand(run: Path) -> None:
    probes = (run / "answers.jsonl").read_text().count('"evaluation"')
    other = "scripted:tests.unit.benchmaker.crew.anyone"
    told = {
        name: whole(said(run, "eval", "RUN", "--model", name, "--dry-run", "--json").stdout)
        for name in (other, "base")
    }
    (line,) = told[other]["lines"]
    assert (line["model"], line["calls"]) == (other, {"low": probes, "high": probes})
    assert told["base"]["lines"] == []


def test_a_wrong_name_is_an_error_on_stderr_even_when_quiet(run: Path) -> None:
    done = process("--quiet", "eval", run / "nosuch", "--json")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "no such run folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_quiet_leaves_results_alone(run: Path) -> None:
    for args in (("--quiet", "eval", run), ("eval", run, "--quiet")):
        done = process(*args)
        assert done.returncode == 0
        assert done.stderr == ""
        assert "Held-out probes" in done.stdout


def test_quiet_is_of_one_command(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app.meta(["cost", str(run), "--quiet"], result_action="return_value")
    assert console.quiet
    app.meta(["cost", str(run)], result_action="return_value")
    assert not console.quiet


def test_the_last_table_of_a_run_holds_its_own_models(run: Path, tmp_path: Path) -> None:
    again = tmp_path / "run"
    shutil.copytree(run, again)
    folder = RunFolder(again)
    (base,) = folder.read(Evaluation)
    told = base.model_dump(exclude={"id"}) | {"label": "openai:a-model-asked-by-hand"}
    folder.append([Evaluation.model_validate(told)])
    with results.capture() as said, console.capture() as remarks:
        print_headline(Run.resume(again))
    assert "base" in said.get()
    assert "by-hand" not in said.get()
    assert "another model" in remarks.get()
