"""Run folders with a file that is not as it should be: told in a line that names it, and nothing
else is lost."""

# pyright: basic
from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from perf.campaign import folders
from perf.campaign.damage import DAMAGES

from tests.commands import specloop
from tests.scripted_server import ScriptedServer

CASES = [
    ("calls.sqlite", "cut"),
    ("calls.sqlite", "zeros"),
    ("exchanges.jsonl", "lines lost"),
    ("cases.jsonl", "of another kind"),
    ("answers.jsonl", "a pipe"),
    ("rules.jsonl", "gone"),
    ("rules.yaml", "a link in a circle"),
    ("manifest.json", "gone"),
    ("manifest.json", "UTF-16"),
    ("pairs.jsonl", "/dev/zero"),
    (".lock", "a pipe"),
    ("document.txt", "a folder"),
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[folders.Base]:
    with ScriptedServer() as server:
        made = folders._run(tmp_path_factory.mktemp("folders"), server)
        yield made._replace(commands=[["report", "RUN"], ["pairs", "RUN"]])


@pytest.mark.parametrize(("file", "kind"), CASES)
def test_a_damaged_file_is_named_and_nothing_is_lost(
    base: folders.Base, tmp_path: Path, file: str, kind: str
) -> None:
    assert folders.try_one(base, file, kind, tmp_path / "copy", tell=True) == folders.Came()


@pytest.fixture
def copy(base: folders.Base, tmp_path: Path) -> Path:
    shutil.copytree(base.folder, tmp_path / "run")
    return tmp_path / "run"


@pytest.mark.parametrize("kind", ["cut", "noise", "of another kind"])
def test_paid_calls_are_never_what_is_to_go_and_a_damaged_file_stays(copy: Path, kind: str) -> None:
    calls = copy / "calls.sqlite"
    DAMAGES[kind](calls)
    damaged = calls.read_bytes()
    for command in (["pairs", copy, "--set", "synthesis.min_quality=0.9"], ["cache", "info", copy]):
        done = specloop(*command, check=False)
        assert done.returncode in (1, 2)
        assert "restore it, or move it" in done.stderr
        assert "delete" not in done.stderr
    assert calls.read_bytes() == damaged


def test_calls_of_another_version_or_program_are_left_alone(copy: Path, tmp_path: Path) -> None:
    newer = copy / "calls.sqlite"
    db = sqlite3.connect(newer)
    db.execute("alter table ledger add column audio_tokens")
    db.close()
    told = specloop("cost", copy, check=False)
    assert told.returncode == 2
    assert "another version" in told.stderr
    foreign = tmp_path / "shop" / "calls.sqlite"
    foreign.parent.mkdir()
    db = sqlite3.connect(foreign)
    db.execute("create table customers (name)")
    db.close()
    before = foreign.read_bytes()
    assert "another program" in specloop("cache", "info", foreign.parent, check=False).stderr
    assert foreign.read_bytes() == before


def test_records_taken_out_on_purpose_can_be_gone_without(copy: Path) -> None:
    DAMAGES["lines lost"](copy / "pairs.jsonl")
    refused = specloop("probes", copy, check=False)
    assert refused.returncode == 2
    assert 'take "records" out of manifest.json' in refused.stderr
    manifest = copy / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"records"', '"records before"'))
    assert specloop("probes", copy, check=False).returncode == 0
