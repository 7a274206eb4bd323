"""Run folders of another form are refused in one line, whole or half made."""

import json
from pathlib import Path

import pytest
from tests.commands import specloop

from specloop.errors import InputError
from specloop.manifest import FORM
from specloop.pipeline import Run
from specloop.sources import load_scenarios
from specloop.store import RunFolder


@pytest.mark.parametrize("form", [{}, {"form": FORM - 1}, {"form": FORM + 1}])
def test_a_folder_of_another_form_is_refused(tmp_path: Path, form: dict[str, int]) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"config": {}} | form))
    with pytest.raises(InputError, match=f"this one reads form {FORM}") as error:
        Run.resume(tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["probes", "responses", "deliberations", "verdicts", "rows"])
def test_a_half_made_folder_of_an_older_form_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.jsonl").write_text("")
    with pytest.raises(InputError, match="a run folder of an older form"):
        Run.resume(tmp_path)


def test_a_dry_run_into_a_folder_of_another_form_is_refused(tmp_path: Path) -> None:
    (tmp_path / "policy.md").write_text("# Shop\n\n- Never use exclamation marks.\n")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "manifest.json").write_text(json.dumps({"config": {}}))
    (tmp_path / "run.toml").write_text(f'document.path = "{tmp_path / "policy.md"}"\n')
    done = specloop(
        "run", tmp_path / "run.toml", "--out", tmp_path / "run", "--dry-run", check=False
    )
    assert done.returncode == 2
    assert "a run folder of form 1" in done.stderr
    assert done.stdout == ""


def test_the_probes_of_a_folder_of_another_form_are_no_benchmark(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"config": {}}))
    with pytest.raises(InputError, match="a run folder of form 1"):
        load_scenarios(f"run:{tmp_path}")


def test_a_new_folder_says_its_form(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    assert folder.manifest() == {}
    folder.note(versions={})
    assert folder.manifest() == {"form": FORM, "versions": {}}
