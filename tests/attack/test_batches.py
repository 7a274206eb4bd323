"""Batches are whole or not there: writes that end half-way, full disks, folders changed by hand."""

# pyright: basic
from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from benchmarks.campaign.faulty_disk import NO_COMPILER, build, compiler

from specloop import batches
from specloop.batches import NOTE
from specloop.bench.stored import read_stored
from specloop.errors import RunStoppedError
from specloop.llm.calls.database import storing
from specloop.records import SeedPrompt, Verdict
from specloop.store import RunFolder
from tests.attack.stopped_batches import TOLD, batch
from tests.commands import specloop
from tests.pipeline.test_loop import DATA, config
from tests.pipeline.test_specbench import options
from tests.scripted_server import ScriptedServer

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(compiler() is None or sys.platform != "linux", reason=NO_COMPILER)
def test_a_batch_stopped_at_any_operation_or_by_any_full_disk_is_whole_or_not_there(
    tmp_path: Path,
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    env = os.environ | {"LD_PRELOAD": str(build(tmp_path))}
    command = [sys.executable, "-m", "tests.attack.stopped_batches", str(work)]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    codes = Counter(one["code"] for one in found)
    assert set(codes) == {-9, TOLD, 0}
    assert codes[-9] > 20
    assert codes[TOLD] > 20
    n = len(batch(1))
    assert {one["there"] for one in found} == {0, n}
    assert all(one["there"] == 0 for one in found if one["code"] == TOLD)
    whole = found[-1]["files"]
    assert NOTE not in whole
    assert all(one["files"] == whole for one in found)


def torn(folder: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A folder whose second batch was ended by a kill within its second file."""
    run = RunFolder(folder, create=True)
    run.append(batch(0))
    write = batches.write

    def cut(path: Path, content: bytes, mode: str, **how: bool) -> None:
        if path.name == Verdict.FILE:
            write(path, content[: len(content) // 2], mode, **how)
            raise KeyboardInterrupt
        write(path, content, mode, **how)

    monkeypatch.setattr(batches, "write", cut)
    with pytest.raises(KeyboardInterrupt):
        run.append(batch(1))
    monkeypatch.undo()
    assert (folder / NOTE).exists()
    assert len((folder / SeedPrompt.FILE).read_text().splitlines()) == 6
    return run


def test_a_copied_folder_goes_on_as_its_original(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torn(tmp_path / "run", monkeypatch)
    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    for name in ("run", "copy"):
        run = RunFolder(tmp_path / name)
        assert [len(run.read(kind)) for kind in (SeedPrompt, Verdict)] == [3, 4]
        run.append_new(batch(1))
        assert [len(run.read(kind)) for kind in (SeedPrompt, Verdict)] == [6, 8]
        assert not (tmp_path / name / NOTE).exists()


def without_its_first_line(path: Path) -> None:
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))


@pytest.mark.parametrize(
    ("change", "kept"),
    [(without_its_first_line, 5), (lambda path: path.write_text(""), 0), (Path.unlink, 0)],
)
def test_a_file_changed_by_hand_since_a_kill_keeps_all_its_whole_lines(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path], object],
    kept: int,
) -> None:
    run = torn(tmp_path / "run", monkeypatch)
    change(run / SeedPrompt.FILE)
    assert len(run.read(SeedPrompt)) == kept
    run.append_new([SeedPrompt(topic="pond", text="Ponds?")])
    assert len(run.read(SeedPrompt)) == kept + 1
    assert len(run.read(Verdict)) == 4


@pytest.mark.parametrize("note", ["", "{", "[]", '{"ends": {"seeds.jsonl": [0, ""]}}', "null"])
def test_a_note_that_was_not_finished_itself_cuts_nothing(tmp_path: Path, note: str) -> None:
    run = RunFolder(tmp_path)
    run.append(batch(0))
    (tmp_path / NOTE).write_text(note)
    assert len(run.read(SeedPrompt)) == 3
    run.append(batch(1))
    assert len(run.read(SeedPrompt)) == 6
    assert not (tmp_path / NOTE).exists()


def test_a_last_line_that_an_editor_left_without_its_end_is_kept_and_a_cut_one_dropped(
    tmp_path: Path,
) -> None:
    run, path = RunFolder(tmp_path), tmp_path / SeedPrompt.FILE
    run.append(batch(0))
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert len(run.read(SeedPrompt)) == 3
    run.append(batch(1))
    assert len(run.read(SeedPrompt)) == 6
    for n in range(2, 40, 7):
        path.write_bytes(whole[:-n])
        assert len(run.read(SeedPrompt)) == 2
        run.append(batch(1))
        assert len(run.read(SeedPrompt)) == 5


def test_lines_deleted_by_hand_stay_deleted_and_blank_ones_do_no_harm(tmp_path: Path) -> None:
    run, path = RunFolder(tmp_path), tmp_path / SeedPrompt.FILE
    run.append(batch(0))
    without_its_first_line(path)
    path.write_text("\n" + path.read_text() + "\n\n")
    run.append(batch(1))
    assert len(run.read(SeedPrompt)) == 5


def test_what_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    (tmp_path / SeedPrompt.FILE).mkdir()
    with pytest.raises(RunStoppedError, match=r"seeds\.jsonl.*run the same command again"):
        run.append(batch(0))
    assert not run.has(Verdict)


def test_a_full_disk_is_told_where_calls_are_stored(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "calls.sqlite")
    db.execute("pragma max_page_count = 1")
    with (
        pytest.raises(RunStoppedError, match=r"full.*free some space.*run the same command again"),
        storing(tmp_path / "calls.sqlite"),
    ):
        db.execute("create table calls (key text primary key)")
    db.close()


def test_a_torn_wave_of_an_older_run_is_made_whole_from_its_calls(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run, path = tmp_path / "run", config(tmp_path, server)
    specloop("rules", DATA / "shop_policy.md", "--out", run, "--config", path)
    for stage in ("instances", "probes", "synth"):
        specloop(stage, run)
    files = {p.name: p.read_bytes() for p in run.glob("*.jsonl")}
    lines = files["exchanges.jsonl"].splitlines(keepends=True)
    first = sum(json.loads(line)["wave"] == 0 for line in lines)
    assert 3 < first < len(lines) - 2
    manifest = json.loads((run / "manifest.json").read_text())
    del manifest["records"]
    manifest["stages"]["synth"] = {"inputs": manifest["stages"]["synth"]["inputs"], "done": False}
    n_asked = len(server.bodies)
    for kept in (b"", *(b"".join(lines[:n]) for n in (first // 2, first + 1))):
        (run / "manifest.json").write_text(json.dumps(manifest))
        (run / "exchanges.jsonl").write_bytes(kept + lines[-1][:20])
        specloop("synth", run)
        assert {p.name: p.read_bytes() for p in run.glob("*.jsonl")} == files
    assert len(server.bodies) == n_asked


def test_an_answer_is_the_same_however_fast_it_came_and_its_time_lies_beside_it(
    tmp_path: Path,
) -> None:
    runs = [tmp_path / name for name in ("fast", "slow", "again")]
    with ScriptedServer() as server:
        told = options(tmp_path, server, "vanilla", "align3")
        for run, server.delay_s in zip(runs, (0.0, 0.03, 0.0), strict=True):
            if run.name == "again":
                run.mkdir()
                shutil.copy(runs[0] / "calls.sqlite", run)
            specloop("specbench", "run", run, *told)
    files = [
        [(run / f"{n}.jsonl").read_bytes() for n in ("deliberations", "judgements")] for run in runs
    ]
    assert files[0] == files[1] == files[2]
    times = [[one.cost.wall_s for one in read_stored(RunFolder(run)).deliberations] for run in runs]
    assert len(times[0]) == 12
    assert min(times[1]) > 0.03
    assert set(times[2]) == {0.0}


def test_a_benchmark_stopped_between_its_last_answer_and_the_note_of_it_ends_its_note(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = tmp_path / "run"
    specloop("specbench", "run", run, *options(tmp_path, server, "vanilla"))
    whole = json.loads((run / "manifest.json").read_text())["stages"]
    name = next(name for name in whole if name.startswith("generate"))
    begun = {"inputs": whole[name]["inputs"], "done": False}
    RunFolder(run).note("stages", whole | {name: begun})
    specloop("specbench", "run", run)
    ended = json.loads((run / "manifest.json").read_text())["stages"][name]
    assert ended["done"]
    costs = [stage["cost"]["target"] for stage in (ended, whole[name])]
    assert costs[0] | {"wall_s": 0} == costs[1] | {"wall_s": 0}


@pytest.mark.parametrize(
    "ends",
    [
        {"../victim": (-1, "")},
        {"PATH": (-1, "")},
        {"..": (-1, "")},
        {"x\0": (-1, "")},
        {"": (-1, "")},
        {"x": 1},
        {"x": ("a", "b")},
        {"x": (1, "", 3)},
        {"x": (1.5, "")},
        {"x": (-7, "")},
        [1],
    ],
    ids=repr,
)
def test_a_foreign_note_touches_no_file_and_breaks_nothing(tmp_path: Path, ends: object) -> None:
    victim, folder = tmp_path / "victim", tmp_path / "run"
    victim.write_text("mine")
    folder.mkdir()
    (folder / "x").write_bytes(b"{}\n{}\n")
    if isinstance(ends, dict) and "PATH" in ends:
        ends = {str(victim): ends["PATH"]}
    digest = batches._digest(ends)
    (folder / NOTE).write_text(json.dumps({"ends": ends, "digest": digest}))
    assert list(batches.whole_lines(folder / "x")) == [b"{}\n"] * 2
    batches.add_lines(folder, {"x": b"{}\n"})
    assert victim.read_text() == "mine"
    assert (folder / "x").read_bytes() == b"{}\n" * 3
    assert not (folder / NOTE).exists()


def test_a_folder_in_the_note_s_place_is_told_and_records_can_be_read(tmp_path: Path) -> None:
    (tmp_path / NOTE).mkdir()
    (tmp_path / "x").write_bytes(b"{}\n")
    assert list(batches.whole_lines(tmp_path / "x")) == [b"{}\n"]
    with pytest.raises(RunStoppedError, match="cannot be written"):
        batches.add_lines(tmp_path, {"x": b"{}\n{}\n"})
    assert (tmp_path / "x").read_bytes() == b"{}\n"
