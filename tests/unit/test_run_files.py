"""The run files that are shipped: they can be read, and name what is there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from specloop.config import load_config
from specloop.llm.backends.embedded import weights

ROOT = Path(__file__).parents[2]
RUNS = [*sorted((ROOT / "runs").glob("*.toml")), ROOT / "examples" / "fernhill" / "demo.toml"]


@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.name)
def test_a_run_file_can_be_read_and_its_document_and_models_are_known(path: Path) -> None:
    config = load_config(path)
    assert not config.document.path or Path(config.document.path).is_file()
    assert not config.seeds.path or Path(config.seeds.path).is_file()
    roles = (config.roles.target, config.roles.compliance, config.roles.judge)
    for role in roles:
        backend, _, name = role.model.partition(":")
        assert backend == "plain" or name in weights.CATALOGUE


@pytest.mark.parametrize("path", sorted((ROOT / "runs").glob("*.sh")), ids=lambda path: path.name)
def test_a_script_fetches_the_models_of_its_run_file(path: Path) -> None:
    subprocess.run(["sh", "-n", str(path)], check=True)
    fetched = next(line for line in path.read_text().splitlines() if "models fetch" in line)
    text = path.with_suffix(".toml").read_text()
    assert all(name in fetched for name in weights.CATALOGUE if f"embedded:{name}" in text)


def test_pairs_of_the_judged_run_are_about_rules_that_no_code_decides() -> None:
    config = load_config(ROOT / "runs" / "judged.toml")
    assert config.instances.rules == "judged"
    assert config.synthesis.trust_judge == "unmeasured"
    assert config.synthesis.judge != config.evaluate.judge
