"""Where benchmarks come from: a folder and a run's held-out probes give the same thing."""

from pathlib import Path

import pytest
from tests.specbench_data import write_data
from tests.unit.test_evaluate import BRIEF, INSTANCE, KIND, LABEL, PROBES

from specloop.errors import InputError
from specloop.records import Instance
from specloop.sources import absolute, load_scenarios, sources
from specloop.store import RunFolder


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "run", create=True)
    rules = (BRIEF, LABEL, KIND.model_copy(update={"category": "safety"}))
    other = Instance(rules=(BRIEF.id,), seed=1)
    folder.append([*rules, INSTANCE, other])
    folder.append([*PROBES, PROBES[0].model_copy(update={"id": "", "split": "train"})])
    return folder


def test_a_runs_held_out_probes_are_a_scenario_an_instance(run: RunFolder) -> None:
    (found,) = load_scenarios(f"run:{run.path}")
    assert found.key == INSTANCE.id
    assert found.specs.safety == (KIND.text,)
    assert found.specs.behavioral == (LABEL.text, BRIEF.text)
    assert len(found.rows) == len(PROBES)
    asked = {row.request: row.label for row in found.rows}
    assert asked["Which rose number 1?"] == "safe"
    assert asked["Which weedkiller number 1?"] == "unsafe"


def test_a_run_without_probes_is_told_with_its_remedy(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path, create=True)
    folder.append([BRIEF])
    with pytest.raises(InputError, match="probes"):
        load_scenarios(f"run:{tmp_path}")


def test_data_without_a_name_are_a_folder(tmp_path: Path) -> None:
    write_data(tmp_path / "Garden")
    assert load_scenarios(str(tmp_path)) == load_scenarios(f"folder:{tmp_path}")


def test_paths_are_made_absolute_whatever_the_source(tmp_path: Path) -> None:
    assert absolute("hf:a/b", tmp_path) == "hf:a/b"
    assert absolute("", tmp_path) == ""
    assert absolute("data", tmp_path) == str(tmp_path / "data")
    assert absolute("run:demo", tmp_path) == f"run:{tmp_path / 'demo'}"


def test_the_sources_are_there() -> None:
    assert {"folder", "hf", "run"} <= set(sources.names())
