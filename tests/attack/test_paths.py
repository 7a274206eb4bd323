"""Odd paths, streams, signals and surroundings: a line and an exit code, never a traceback."""

# pyright: basic
from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from perf.campaign import paths

from specloop.cli.ends import in_words
from specloop.errors import SpecloopError
from specloop.files import lines_of, read_file
from specloop.llm.backends.openai.dialect import Server
from specloop.llm.backends.openai.notes import Note, notes_file, read_note, write_note
from tests.commands import command

CASES = [
    *(("document", kind) for kind in ("a pipe", "/dev/zero", "a circle", "noise", "markup")),
    *(("--out", kind) for kind in ("below a file", "too long a name", "control", "not UTF-8")),
    *(("--config", kind) for kind in ("a folder", "/proc/self/mem", "UTF-16", "signs")),
    *(("seeds", kind) for kind in ("a pipe", "3 GB of nothing")),
    *(("--data", kind) for kind in ("other JSON", "a link to nothing")),
    *(("report", kind) for kind in ("a socket", "other scripts", "bidi")),
    ("cache.folder", "below a file"),
    ("weights", "zeros"),
    ("import", "/dev/full"),
]


@pytest.mark.parametrize(("place", "kind"), CASES)
def test_an_odd_path_works_or_is_refused_in_a_line(tmp_path: Path, place: str, kind: str) -> None:
    assert paths.try_one(tmp_path / "odd", place, kind, tell=True) == (False, False)


def shell(line: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A shell command in which SPECLOOP stands for the command line."""
    line = line.replace("SPECLOOP", f"{sys.executable} -m specloop.cli")
    return subprocess.run(
        ["bash", "-c", line],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | env,
    )


LINES = [
    ("SPECLOOP strategies | head -1; exit ${PIPESTATUS[0]}", 0, ""),
    ("SPECLOOP strategies > /dev/full", 1, "standard output: cannot be written (No space"),
    ("SPECLOOP cost /nowhere >&- 2>&- <&-", 2, ""),
    ("cd $(mktemp -d) && rmdir $PWD && SPECLOOP rules x.md --out y", 2, "folder is gone"),
]
MORE = [
    ("SPECLOOP cost /nowhere 2> /dev/full", 2, ""),
    ("cd $(mktemp -d) && rmdir $PWD && SPECLOOP report x", 2, "x: no such run folder"),
    ("env -u HOME TMPDIR=/nowhere SPECLOOP report é", 2, "no such run folder"),
    ("LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 SPECLOOP report é", 2, "no such run folder"),
]
SLOW = [pytest.param(*case, marks=pytest.mark.slow) for case in MORE]


@pytest.mark.parametrize(("line", "code", "said"), [*LINES, *SLOW])
def test_streams_and_surroundings_that_are_not_there(line: str, code: int, said: str) -> None:
    done = shell(line)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert said in done.stderr
    assert done.stderr.count("\n") == bool(said)


@pytest.mark.parametrize("after_s", [0.2, 0.5])
def test_ctrl_c_while_it_loads_ends_it_at_once(after_s: float) -> None:
    running = subprocess.Popen(
        command("strategies"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    time.sleep(after_s)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=30)
    assert "Traceback" not in said
    assert running.returncode in (130, 0)


ERRORS = [
    (OSError(28, "No space left on device", "/d/f"), 1, "/d/f: No space left on device: free some"),
    (PermissionError(13, "Permission denied", "/d/f"), 2, "/d/f: Permission denied: change its"),
    (OSError(30, "Read-only file system", "/d/f"), 1, "name a place that can be written"),
    (OSError(5, "Input/output error"), 1, "the system: Input/output error"),
    (sqlite3.DatabaseError("malformed"), 1, "restore it, or move it"),
    (MemoryError(), 1, "the memory is full"),
    (ExceptionGroup("both", [PermissionError(13, "Permission denied", "/f")]), 2, "/f: Permission"),
]


@pytest.mark.parametrize(("error", "code", "said"), ERRORS)
def test_faults_of_the_machine_have_a_remedy(error: Exception, code: int, said: str) -> None:
    told = in_words(error)
    assert isinstance(told, SpecloopError)
    assert told.exit_code == code
    assert said in str(told)
    assert "\n" not in str(told)


def test_a_mistake_of_ours_can_be_reported() -> None:
    try:
        raise KeyError("wave")
    except KeyError as error:
        told = str(in_words(error))
    assert told.startswith("unexpected KeyError: 'wave'; this is a mistake of specloop")
    report = Path(told.rsplit(" ", 1)[1])
    assert 'raise KeyError("wave")' in report.read_text()
    report.unlink()


@pytest.mark.parametrize("kind", ["a pipe", "noise", "a folder", "/dev/zero", "other JSON"])
def test_what_is_noted_of_servers_may_be_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("SPECLOOP_CACHE", str(tmp_path))
    paths.KINDS[kind](notes_file())
    assert read_note("http://127.0.0.1") is None
    note = Note(server=Server(kind="vllm"))
    write_note("http://127.0.0.1", note)
    assert read_note("http://127.0.0.1") == (None if kind == "a folder" else note)


def test_files_without_an_end_are_not_read(tmp_path: Path) -> None:
    endless = tmp_path / "records.jsonl"
    with endless.open("wb") as file:
        file.truncate(3_000_000_000)
    with pytest.raises(SpecloopError, match="too much"):
        read_file(endless)
    with pytest.raises(SpecloopError, match="a line without an end"):
        list(lines_of(endless))
