"""What docs/library.md and the README show is run, line by line."""

import re
import shutil
from pathlib import Path

import pytest
from tests.specbench_data import rows, write_data

import specloop

ROOT = Path(__file__).parents[2]
NAMED = "scripted:tests.library_model.reply"
PAGES = ("docs/library.md", "README.md")


def blocks(page: str) -> list[str]:
    """The page's code."""
    return re.findall(r"^```python\n(.*?)^```$", (ROOT / page).read_text(), re.M | re.S)


@pytest.fixture(autouse=True)
def _in_a_folder_with_a_policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = ROOT / "tests" / "data" / "shop_policy.md"
    shutil.copy(policy, tmp_path / "policy.md")
    (tmp_path / "newer.md").write_text(policy.read_text().replace("40 words", "30 words"))
    write_data(tmp_path / "bench" / "Garden", content=rows(1, 1))
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("page", PAGES)
def test_every_line_but_training_runs_on_a_scripted_model(page: str) -> None:
    names: dict[str, object] = {"trained": {"model": NAMED, "label": "dpo"}}
    for block in blocks(page):
        lines = [line for line in block.splitlines() if "specloop.train(" not in line]
        code = "\n".join(lines).replace("embedded:smollm2-135m", NAMED)
        exec(code.replace('{"context": 4096}', "{}"), names)
    assert {"spec", "answer", "table", "pairs"} <= names.keys()


@pytest.mark.slow
def test_every_line_runs_on_the_embedded_model() -> None:
    kept = specloop.resolve("embedded:smollm2-135m")  # so that its weights are loaded once
    specloop.answer(kept, "Hello?", max_tokens=1)
    names: dict[str, object] = {}
    for block in blocks(PAGES[0]):
        exec(block, names)
    specloop.close(kept)
    assert (Path("shop") / "models" / "dpo" / "merged").is_dir()
