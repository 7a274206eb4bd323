"""The workflow in `examples/github-action`: its steps, run in a checkout of a document."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.conftest import ROOT
from tests.two_runs import evaluated, policy

from specloop.records import Revision
from specloop.store import RunFolder

WORKFLOW = ROOT / "examples" / "github-action" / "specloop-gate.yml"
CHANGED = ("at most 40 words", "at most 30 words")
CONFLICTING = ("- Never blame", "- Always use exclamation marks.\n- Never blame")


@pytest.fixture(scope="module")
def workflow() -> dict[Any, Any]:
    return yaml.safe_load(WORKFLOW.read_text())


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a document, and the run of its version on the main branch."""
    folder = tmp_path_factory.mktemp("repository")
    document = policy(folder, "policy.md")
    evaluated(folder, "run", document, "good")
    return folder


@pytest.fixture
def checkout(kept: Path, tmp_path: Path) -> Path:
    """A checkout of it."""
    return shutil.copytree(kept, tmp_path / "checkout")


def steps(workflow: dict[Any, Any], job: str, folder: Path, **env: str) -> dict[str, Any]:
    """Run the steps of a job that are commands, as GitHub does: up to the first that fails, and
    those that always run. The package is installed already."""
    summary = folder / "summary.md"
    own = {str(k): str(v) for k, v in workflow["env"].items()}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    given = {**os.environ, **own, "PATH": path, "GITHUB_STEP_SUMMARY": str(summary), **env}
    given["PYTHONPATH"] = f"{ROOT / 'src'}:{ROOT}"
    ended: dict[str, Any] = {}
    for step in workflow["jobs"][job]["steps"]:
        is_due = not any(ended.values()) or step.get("if") == "always()"
        if "run" in step and step["name"] != "Install" and is_due:
            command = ["bash", "-e", "-o", "pipefail", "-c", step["run"]]
            done = subprocess.run(
                command, cwd=folder, env=given, capture_output=True, text=True, check=False
            )
            ended[step["name"]] = done.returncode
            print(step["name"], done.stdout, done.stderr)
    return ended


def test_a_harmless_revision_passes_with_a_summary(
    workflow: dict[Any, Any], checkout: Path
) -> None:
    before = (checkout / "run" / "evaluations.jsonl").read_bytes()
    policy(checkout, "policy.md", CHANGED)
    ended = steps(workflow, "gate", checkout)
    assert list(ended.values()) == [0, 0, 0, 0]
    summary = (checkout / "summary.md").read_text()
    assert summary.startswith("## specloop gate: passed")
    assert "at most 30 words" in summary
    page = (checkout / "run-new" / "report.html").read_text()
    section = page.split("What the last revision changed", 1)[1].split("</section>", 1)[0]
    for said in ("1 reworded", "Set aside", "Made since", "at most 40 words", "at most 30 words"):
        assert said in section
    assert RunFolder(checkout / "run-new").read(Revision)
    assert (checkout / "run" / "evaluations.jsonl").read_bytes() == before


def test_a_new_conflict_fails_it_and_the_page_is_there(
    workflow: dict[Any, Any], checkout: Path
) -> None:
    policy(checkout, "policy.md", CONFLICTING)
    ended = steps(workflow, "gate", checkout, FAIL_IF="new-conflict")
    lint, *rest = ended.values()
    if lint == 0:  # The linter stops the job itself where it is sure of the conflict.
        assert rest == [0, 1, 0]
        assert "New conflicts in the document: 1" in (checkout / "summary.md").read_text()
    else:
        assert rest == [0]


def test_without_a_run_of_the_main_branch_it_says_so(
    workflow: dict[Any, Any], tmp_path: Path
) -> None:
    policy(tmp_path, "policy.md")
    ended = steps(workflow, "gate", tmp_path)
    assert ended["Update a copy of it"] == 1
    assert "Gate" not in ended


@pytest.mark.slow
def test_the_run_that_is_kept_goes_on_to_the_new_version_and_back_where_that_is_reverted(
    workflow: dict[Any, Any], checkout: Path
) -> None:
    policy(checkout, "policy.md", CHANGED)
    assert list(steps(workflow, "keep", checkout).values()) == [0]
    assert RunFolder(checkout / "run").read(Revision)
    policy(checkout, "policy.md")
    assert list(steps(workflow, "keep", checkout).values()) == [0]


def test_it_is_about_the_document_and_asks_for_no_rights(workflow: dict[Any, Any]) -> None:
    on = workflow[True]  # YAML reads the key `on` as a truth value
    assert on["pull_request"]["paths"] == [workflow["env"]["DOCUMENT"]]
    assert workflow["permissions"] == {"contents": "read"}
    # What a pull request says never stands within a command.
    commands = [s["run"] for j in workflow["jobs"].values() for s in j["steps"] if "run" in s]
    assert not any("${{" in command for command in commands)
