"""What a model proposes is marked, and is never an error."""

from __future__ import annotations

import json
from pathlib import Path

from tests.commands import specloop

TEXT = """# Rules

- Ask children about their helmet on steep roads.
- Give children a helmet on steep roads at noon.
- Describe the brass bell near the harbour gate.
- Always mention that the harbour gate has a brass bell nearby.
- Close the iron lock beside the eastern wall.
- Open the iron lock beside the western wall slowly.
"""
MODEL = ("--model", "scripted:tests.lint_model.reply")


def test_a_model_adds_marked_warnings(tmp_path: Path) -> None:
    path = tmp_path / "p.md"
    path.write_text(TEXT)
    plain = specloop("lint", path, "--format", "json")
    done = specloop("lint", path, *MODEL, "--format", "json")
    assert done.returncode == plain.returncode == 0
    found = json.loads(done.stdout)["documents"][0]["findings"]
    before = json.loads(plain.stdout)["documents"][0]["findings"]
    added = [one for one in found if one not in before]
    assert {one["code"] for one in added} == {"CONFLICT-MODEL", "DUPLICATE"}
    assert all(one["suggested_by"].startswith("scripted:") for one in added)
    assert all(one["severity"] == "warning" for one in added)
    assert "got no answer" in done.stderr


def test_a_model_is_asked_about_so_many_pairs_at_most(tmp_path: Path) -> None:
    path = tmp_path / "p.md"
    path.write_text(TEXT)
    text = specloop("lint", path, *MODEL, "--max-pairs", "0").stdout
    assert "suggested by" not in text
    text = specloop("lint", path, *MODEL, "--ignore", "DUPLICATE").stdout
    assert "CONFLICT-MODEL: these cannot both be kept, says the model" in text
    assert "\x1b" not in text
