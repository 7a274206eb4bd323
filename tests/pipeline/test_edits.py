"""Edits of rules.yaml through the commands: recorded, kept when the document is read again, listed
when they lose their rule."""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from pathlib import Path

import pytest
from tests.commands import specloop

from specloop.records import Edit, Rule
from specloop.report.data import load_report_data
from specloop.runrules import current_rules, document_rules, read_edits
from specloop.store import RunFolder

GUIDE = Path(__file__).parents[2] / "docs" / "reading.md"
TIME = 1772357400
"""2026-03-01, 09:30 UTC."""


def blocks(language: str) -> list[str]:
    section = GUIDE.read_text(encoding="utf-8").split("## Edits by hand")[1].split("\n## Rem")[0]
    return re.findall(rf"```{language}\n(.*?)```", section, re.S)


def merged(file: str, entries: str) -> str:
    """A file of rules with other entries in place of those with the same id, new ones below."""
    for entry in entries.strip().split("\n\n"):
        first = entry.splitlines()[0]
        if first.startswith("- id:"):
            file = re.sub(rf"{first}\n.*?(?=\n\n|\Z)", entry, file, flags=re.S)
        else:
            file += f"\n{entry}\n"
    return file


def edit(run: Path, *changes: tuple[str, str]) -> None:
    path = run / "rules.yaml"
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of the guide's document, in the folder that the guide speaks of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Cy")
    (tmp_path / "policy.md").write_text(blocks("markdown")[0])
    specloop("rules", "policy.md", "--out", "run")
    return Path("run")


def edited(run: Path) -> None:
    path = run / "rules.yaml"
    path.write_text(merged(path.read_text(), blocks("yaml")[0]))
    os.utime(path, (TIME, TIME))


def next_version() -> None:
    path = Path("policy.md")
    text = path.read_text().replace("40 words", "45 words")
    path.write_text(text.replace("Refunds", "Money back"))


def test_the_example_of_the_guide_is_what_happens(run: Path) -> None:
    edited(run)
    first, second = blocks("text")
    assert specloop("rules", run).stdout == first
    next_version()
    assert specloop("rules", run).stdout == second
    assert specloop("rules", run).stdout == second
    assert (run / "rules.yaml").read_text().endswith(blocks("yaml")[1])
    assert "reason: Forty cut off" in (run / "rules.old.yaml").read_text()
    told = json.loads(specloop("rules", run, "--json").stdout)
    assert [one["field"] for one in told["edits"]["kept"]] == ["category", "added"]
    assert [one["author"] for one in told["edits"]["kept"]] == ["Ann", "Bo"]
    assert [one["reason"] for one in told["edits"]["lost"]] == ["Forty cut off the opening hours."]
    assert told["edits"]["lost"][0]["now"].startswith("line 5 of the document reads now")
    assert [rule["text"] for rule in told["rules"]] == [
        "Keep answers under 45 words.",
        "Never use exclamation marks.",
        "Never promise a refund.",
        'Never say "cheap".',
    ]


def test_pipeline_and_page_have_the_same_rules_in_force(run: Path) -> None:
    edited(run)
    specloop("rules", run)
    folder = RunFolder(run)
    rules = current_rules(folder)
    assert list(load_report_data(folder).rules) == rules
    assert rules[0].check is not None
    assert rules[0].check.options == {"most": 59}
    assert [one.field for one in folder.read(Edit)] == ["text", "category", "added"]


def test_an_edit_is_recorded_by_any_stage_and_undone_by_hand(run: Path) -> None:
    edit(run, ("under 40", "under 50"))
    seeds = ({"topic": topic, "text": f"Tell me about {topic}."} for topic in ("a", "b", "c"))
    Path("seeds.jsonl").write_text("\n".join(map(json.dumps, seeds)))
    specloop("instances", run, "--set", "seeds.path=seeds.jsonl")
    (first,) = RunFolder(run).read(Edit)
    assert (first.after, first.author) == ("Keep answers under 50 words.", "Cy")
    edit(run, ("under 50", "under 70"))
    specloop("rules", run)
    assert [one.after for one in RunFolder(run).read(Edit)] == ["Keep answers under 70 words."]
    edit(run, ("under 70", "under 40"))
    done = specloop("rules", run)
    assert "rules.yaml has this edit no more: text of 'Keep answers under 40 words.'" in done.stderr
    assert "edits" not in done.stdout
    assert RunFolder(run).read(Edit) == []
    assert current_rules(RunFolder(run)) == RunFolder(run).read(Rule)


def test_a_bad_edit_stops_a_reading_before_it_begins(run: Path) -> None:
    edited(run)
    specloop("rules", run)
    next_version()
    edit(run, ("category: safety", "kategory: safety"))
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    for command in (("rules", run), ("rules", "policy.md", "--out", run), ("report", run)):
        done = specloop(*command, check=False)
        assert done.returncode == 2
        assert "run/rules.yaml: line " in done.stderr
        assert "'kategory' cannot be edited" in done.stderr
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


def test_a_file_of_rules_that_is_gone_is_written_anew_with_its_edits(run: Path) -> None:
    edited(run)
    specloop("rules", run)
    rules = current_rules(RunFolder(run))
    (run / "rules.yaml").unlink()
    assert current_rules(RunFolder(run)) == rules
    done = specloop("rules", run)
    assert "rules.yaml: gone; it is written anew" in done.stderr
    assert "edits by hand: 3 in force, 0 lost" in done.stdout
    assert "# text edited by Ann" in (run / "rules.yaml").read_text()


@pytest.mark.parametrize("step", ["note", "replace", "write_text", "set_aside"])
def test_a_reading_that_is_cut_off_loses_no_edit(
    run: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited(run)
    specloop("rules", run)
    next_version()
    for n in range(6):
        calls = iter(range(100))
        real = getattr(RunFolder, step)

        def cut(*args: object, real=real, calls=calls, last: int = n, **entries: object) -> object:  # pyright: ignore[reportMissingParameterType]
            if next(calls) == last:
                raise KeyboardInterrupt
            return real(*args, **entries)

        with monkeypatch.context() as patch:
            patch.setattr(RunFolder, step, cut)
            with suppress(KeyboardInterrupt):
                specloop("rules", run)
        folder = RunFolder(run)
        edits = read_edits(folder, document_rules(folder))
        assert {one.after for one in (*edits.kept, *edits.lost)} == {
            "Keep answers under 60 words.",
            "safety",
            'Never say "cheap".',
        }
    assert specloop("rules", run).stdout.splitlines()[1] == "edits by hand: 2 in force, 1 lost"
    assert {one.author for one in RunFolder(run).read(Edit)} == {"Ann", "Bo"}


def test_rules_of_a_run_need_a_run_and_a_document_its_folder(tmp_path: Path) -> None:
    (tmp_path / "p.md").write_text("- Never lie.\n")
    done = specloop("rules", tmp_path / "p.md", check=False)
    assert (done.returncode, "--out RUN" in done.stderr) == (2, True)
    done = specloop("rules", tmp_path, check=False)
    assert (done.returncode, "no document" in done.stderr) == (2, True)


def test_what_an_older_reader_has_read_is_read_again_with_its_edits(run: Path) -> None:
    edited(run)
    specloop("rules", "run")
    before = {rule.text for rule in current_rules(RunFolder(run))}
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["stages"]["rules"]["reader"] = 1
    (run / "manifest.json").write_text(json.dumps(manifest))
    (run / "rules.jsonl").write_text((run / "rules.jsonl").read_text().replace("Never", "Ever"))
    specloop("rules", "policy.md", "--out", "run")
    assert {rule.text for rule in current_rules(RunFolder(run))} == before
    assert "Ever" not in (run / "rules.jsonl").read_text()
