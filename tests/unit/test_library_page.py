"""What docs/library.md shows is run, line by line."""

import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "library.md").read_text()


def blocks() -> list[str]:
    """The page's code."""
    return re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)


@pytest.fixture(autouse=True)
def _in_a_folder_with_a_policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(ROOT / "examples" / "fernhill" / "policy.md", tmp_path)
    monkeypatch.chdir(tmp_path)


def test_every_line_but_training_runs_on_a_scripted_model() -> None:
    names: dict[str, object] = {}
    for block in blocks():
        if "specloop.train(" not in block:
            block = block.replace("embedded:smollm2-135m", "scripted:tests.library_model.reply")
            exec(block.replace('"options": {"context": 4096}', '"options": {}'), names)
    assert {"spec", "answer", "verdicts", "pairs"} <= names.keys()


@pytest.mark.slow
def test_every_line_runs_on_the_embedded_model() -> None:
    names: dict[str, object] = {}
    for block in blocks():
        exec(block, names)
    assert (Path("garden") / "models" / "dpo" / "merged").is_dir()
