"""Batches are whole or not there: writes that end half-way, full disks, folders changed by hand."""

# pyright: basic
from __future__ import annotations

import codecs
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from perf.campaign.faulty_disk import NO_COMPILER, build, compiler

from specloop import batches
from specloop.batches import NOTE
from specloop.errors import InputError, RunStoppedError
from specloop.llm.calls.database import storing
from specloop.records import Failure, Judgement, SeedPrompt
from specloop.specbench.stored import read_stored
from specloop.store import RunFolder
from tests.attack.stopped_batches import KINDS, OWN, TOLD, batch
from tests.commands import specloop
from tests.loop import SHOP_POLICY, config
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
    report = json.loads(done.stdout)
    stopped, again = report["stopped"], report["again"]
    codes = Counter(run["code"] for run in stopped)
    assert set(codes) == {-9, TOLD, 0}
    assert codes[-9] > 20
    assert codes[TOLD] > 20
    n = len(batch(1))
    assert {run["there"] for run in stopped} == {0, n}
    assert all(run["there"] == 0 for run in stopped if run["code"] == TOLD)
    whole = stopped[-1]["files"]
    assert NOTE not in whole
    assert all(run["files"] == whole for run in stopped)
    assert [run["code"] for run in again] == [-9] * (len(again) - 1) + [0]
    assert len(again) > 8
    assert all(run["there"] and run["files"] == again[-1]["files"] for run in again)
    assert set(again[-1]["files"]) == set(whole) - {Failure.FILE}


def torn(folder: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A folder whose second batch was ended by a kill within its second file."""
    run = RunFolder(folder, create=True)
    run.append(batch(0))
    write = batches.write

    def cut(path: Path, content: bytes, mode: str, **how: bool) -> None:
        if path.name == Judgement.FILE:
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


def test_a_page_that_is_written_during_a_batch_leaves_the_batch_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, seen = RunFolder(tmp_path), list[int]()
    write = batches.write

    def meanwhile(path: Path, content: bytes, mode: str, **how: bool) -> None:
        write(path, content, mode, **how)
        if mode == "ab":
            other = RunFolder(tmp_path)
            other.write_text("report.html", "page")
            seen.append(len(other.read(SeedPrompt)))

    monkeypatch.setattr(batches, "write", meanwhile)
    run.append(batch(1))
    assert seen == [0, 0, 0]
    assert [len(run.read(kind)) for kind in KINDS] == [3, 4, 1]


@pytest.mark.parametrize("is_new_there", [True, False])
def test_nothing_is_written_into_another_folder_than_the_one_that_was_begun_in(
    tmp_path: Path, is_new_there: bool
) -> None:
    run = RunFolder(tmp_path / "run", create=True)
    with run.locked():
        run.append(batch(0))
        run.path.rename(tmp_path / "elsewhere")
        if is_new_there:
            RunFolder(run.path, create=True).append(batch(1))
        before = sorted(tmp_path.rglob("*"))
        for write in (lambda: run.append(batch(1)), lambda: run.note(stages={})):
            with pytest.raises(RunStoppedError, match="moved, deleted or replaced"):
                write()
    assert sorted(tmp_path.rglob("*")) == before
    moved = RunFolder(tmp_path / "elsewhere")
    moved.append_new(batch(1))
    assert [len(moved.read(kind)) for kind in KINDS] == [6, 8, 1]


@pytest.mark.parametrize("is_deleted", [True, False])
def test_a_run_whose_folder_is_gone_asks_no_more_and_goes_on_where_it_is_put_back(
    tmp_path: Path, is_deleted: bool
) -> None:
    run, away = tmp_path / "run", tmp_path / "away"

    def act(_: object) -> bool:
        if len(server.bodies) == 4:
            run.rename(away)
            if is_deleted:
                shutil.rmtree(away)
            else:
                run.mkdir()
        return False

    with ScriptedServer(refuses=act) as server:
        arguments = options(tmp_path, server, "vanilla", "align3")
        arguments += ["--set", "roles.target.concurrency=1"]
        ended = specloop("specbench", "run", run, *arguments, check=False)
        assert ended.returncode == 1
        assert "moved, deleted or replaced" in ended.stderr
        assert 4 <= len(server.bodies) < 8
        if is_deleted:
            assert not run.exists()
            return
        run.rmdir()
        away.rename(run)
        specloop("specbench", "run", run)
        asked = [json.dumps(body) for body in server.bodies]
        assert len(asked) == len(set(asked))


def test_a_copied_folder_goes_on_as_its_original(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torn(tmp_path / "run", monkeypatch)
    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    for name in ("run", "copy"):
        run = RunFolder(tmp_path / name)
        assert [len(run.read(kind)) for kind in (SeedPrompt, Judgement)] == [3, 4]
        run.append_new(batch(1))
        assert [len(run.read(kind)) for kind in (SeedPrompt, Judgement)] == [6, 8]
        assert not (tmp_path / name / NOTE).exists()


def without_its_first_line(path: Path) -> None:
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))


def with_a_line_more(path: Path, at: int = -1, end: str = "") -> None:
    lines = path.read_text().splitlines()
    lines.insert(at % (len(lines) + 1), OWN.model_dump_json())
    path.write_text("\n".join(lines) + end)


def with_a_line_changed(path: Path, at: int) -> None:
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:at], OWN.model_dump_json(), *lines[at:][1:]]) + "\n")


def with_windows_ends(path: Path) -> None:
    path.write_bytes(codecs.BOM_UTF8 + path.read_bytes().replace(b"\n", b"\r\n"))


EDITS: dict[str, tuple[Callable[[Path], object], int]] = {
    "first line gone": (without_its_first_line, 2),
    "emptied": (lambda path: path.write_text(""), 0),
    "deleted": (Path.unlink, 0),
    "line added": (with_a_line_more, 4),
    "line added, with a line end": (partial(with_a_line_more, end="\n"), 4),
    "line put first": (partial(with_a_line_more, at=0), 4),
    "line changed": (partial(with_a_line_changed, at=1), 3),
    "no last line end": (lambda path: path.write_bytes(path.read_bytes().rstrip()), 3),
    "saved on Windows": (with_windows_ends, 3),
    "sorted": (lambda p: p.write_text("".join(sorted(p.read_text().splitlines(True)))), 3),
    "reversed": (lambda p: p.write_text("".join(p.read_text().splitlines(True)[::-1])), 3),
}
"""Ways to edit a file of three records, and how many are there then."""


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("is_torn", [True, False])
def test_what_is_edited_by_hand_stays_and_a_batch_is_whole_or_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, is_torn: bool
) -> None:
    run = torn(tmp_path, monkeypatch) if is_torn else RunFolder(tmp_path)
    if not is_torn:
        run.append(batch(0))
    (edit, kept), path = EDITS[name], tmp_path / SeedPrompt.FILE
    edit(path)
    left = run.read(SeedPrompt)
    assert len(left) == kept
    assert ("line" not in name or "line end" in name) or OWN in left or kept == 2
    run.append_new(batch(1))
    assert [*left, *batch(1)[:3]] == run.read(SeedPrompt)
    assert len(run.read(Judgement)) == 8
    assert {one.name for one in tmp_path.iterdir()} == {one.FILE for one in KINDS}


@pytest.mark.parametrize("at", [3, 4, 5])
def test_a_line_changed_within_an_unfinished_batch_is_the_user_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    run = torn(tmp_path, monkeypatch)
    with_a_line_changed(tmp_path / SeedPrompt.FILE, at)
    run.append_new(batch(1))
    assert run.read(SeedPrompt) == [*batch(0)[:3], OWN, *batch(1)[:3]]


@pytest.mark.parametrize(
    "slip", ['{"topic": "x", "text": "y",}', "{'topic': 'x'}", "hello", '{"topic": x}', "[1]"]
)
def test_a_slip_in_a_last_line_without_its_end_is_told_and_kept(tmp_path: Path, slip: str) -> None:
    run, path = RunFolder(tmp_path), tmp_path / SeedPrompt.FILE
    run.append(batch(0))
    with path.open("a") as file:
        file.write(slip)
    with pytest.raises(InputError, match=r"seeds\.jsonl:4: .*repair the line"):
        run.read(SeedPrompt)
    run.append([Failure(stage="synth", item="after", reason="r"), *batch(1)])
    assert slip in path.read_text().splitlines()


@pytest.mark.parametrize("note", ["", "{", "[]", '{"lines": {"seeds.jsonl": []}}', "null"])
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
    assert not run.has(Judgement)


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
    specloop("rules", SHOP_POLICY, "--out", run, "--config", path)
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
        arguments = options(tmp_path, server, "vanilla", "align3")
        for run, server.delay_s in zip(runs, (0.0, 0.03, 0.0), strict=True):
            if run.name == "again":
                run.mkdir()
                shutil.copy(runs[0] / "calls.sqlite", run)
            specloop("specbench", "run", run, *arguments)
    files = [[(run / f"{n}.jsonl").read_bytes() for n in ("answers", "judgements")] for run in runs]
    assert files[0] == files[1] == files[2]
    times = [[one.cost.wall_s for one in read_stored(RunFolder(run)).answers] for run in runs]
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
    RunFolder(run).note(stages=whole | {name: begun})
    specloop("specbench", "run", run)
    ended = json.loads((run / "manifest.json").read_text())["stages"][name]
    assert ended["done"]
    costs = [stage["cost"]["target"] for stage in (ended, whole[name])]
    assert costs[0] | {"wall_s": 0} == costs[1] | {"wall_s": 0}


@pytest.mark.parametrize(
    "marks",
    [
        {"../victim": ["MARK"]},
        {"PATH": ["MARK"]},
        {"..": ["MARK"]},
        {"x\0": ["MARK"]},
        {"": ["MARK"]},
        {"x": 1},
        {"x": None},
        {"x": [["MARK"]]},
        {"x": "MARK"},
        [1],
        ["x"],
    ],
    ids=repr,
)
def test_a_foreign_note_touches_no_file_and_breaks_nothing(tmp_path: Path, marks: object) -> None:
    victim, folder = tmp_path / "victim", tmp_path / "run"
    victim.write_text("{}\n")
    folder.mkdir()
    (folder / "x").write_bytes(b"{}\n{}\n")
    note = json.dumps(marks).replace("PATH", str(victim)).replace("MARK", batches._mark(b"{}"))
    digest = batches._digest(json.loads(note))
    (folder / NOTE).write_text(f'{{"lines": {note}, "digest": "{digest}"}}')
    assert list(batches.whole_lines(folder / "x")) == [b"{}\n"] * 2
    batches.add_lines(folder, {"x": b"{}\n"})
    assert victim.read_text() == "{}\n"
    assert (folder / "x").read_bytes() == b"{}\n" * 3
    assert not (folder / NOTE).exists()


def test_a_folder_in_the_note_s_place_is_told_and_records_can_be_read(tmp_path: Path) -> None:
    (tmp_path / NOTE).mkdir()
    (tmp_path / "x").write_bytes(b"{}\n")
    assert list(batches.whole_lines(tmp_path / "x")) == [b"{}\n"]
    with pytest.raises(RunStoppedError, match="cannot be written"):
        batches.add_lines(tmp_path, {"x": b"{}\n{}\n"})
    assert (tmp_path / "x").read_bytes() == b"{}\n"


def test_files_that_are_replaced_together_are_all_replaced_or_none(tmp_path: Path) -> None:
    names = ("seeds.jsonl", "document.txt", "manifest.json")
    for name in names:
        (tmp_path / name).write_text(f"old {name}")
    waiting = tmp_path / "replacing"
    waiting.mkdir()
    for name in names:
        (waiting / name).write_text(f"new {name}")
    RunFolder(tmp_path)
    assert {(tmp_path / name).read_text()[:3] for name in names} == {"old"}

    (waiting / names[0]).replace(tmp_path / names[0])  # The process ended after the first.
    (waiting / "files.json").write_text(json.dumps([*names, "../outside"]))
    (waiting / "outside").write_text("not ours")
    RunFolder(tmp_path)
    assert {(tmp_path / name).read_text()[:3] for name in names} == {"new"}
    assert not waiting.exists()
    assert not (tmp_path.parent / "outside").exists()
