"""The walks in CONTRIBUTING enter the files that the commands enter, in that order."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.commands import specloop
from tests.loop import config
from tests.scripted_server import ScriptedServer
from tests.specbench_data import write_data

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "specloop"
BESIDE = {"report/page.py"}
"""Named at the end of a walk; another command enters it."""


TRACED = """
import atexit, json, sys
files, entries, started = {}, [], {}
def note(frame, event, _):
    code, caller = frame.f_code, frame.f_back
    if event != "call" or not code.co_filename.startswith(root) or frame in started:
        return
    if importing(frame):
        return
    files[code.co_filename] = None
    if code.co_flags & 0x2A0:  # A coroutine or a generator is called again when it goes on.
        started[frame] = None
    is_function = code.co_qualname == code.co_name and code.co_name.isidentifier()
    if is_function and caller is not None and caller.f_code.co_filename != code.co_filename:
        entries.append(code.co_filename)
def importing(frame):
    while frame is not None:
        if frame.f_code.co_name == "<module>" and frame.f_code.co_filename != "<string>":
            return True
        frame = frame.f_back
    return False
root, out, *arguments = sys.argv[1:]
atexit.register(lambda: open(out, "w").write(json.dumps([list(files), entries])))
from specloop.cli import main
sys.argv[1:] = arguments
sys.setprofile(note)
main()
"""


class Trace(NamedTuple):
    """The project's files that a command enters."""

    first: list[str]
    """Each once, in the order in which a function of it is first called."""
    entries: list[str]
    """One for every call of a module's function from another file."""

    def through(self, walk: list[str]) -> list[str]:
        """The entries into the walk's files; of several one after the other the first."""
        return [file for file, _ in groupby(file for file in self.entries if file in walk)]


def traced(folder: Path, *arguments: object) -> Trace:
    """What a command enters, in a process of its own, where nothing has been called yet."""
    out = folder / "files.json"
    command = [sys.executable, "-c", TRACED, SRC, out, *arguments]
    subprocess.run([str(one) for one in command], check=True, capture_output=True)
    first, entries = json.loads(out.read_text())
    return Trace(*([str(Path(f).relative_to(SRC)) for f in files] for files in (first, entries)))


def walks() -> list[list[str]]:
    """The files of each numbered list of the section."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    section = text.split("## The first hour", 1)[1].split("\n## ", 1)[0]
    lists = re.findall(r"(?:^(?:\d\.|   ).*\n)+", section, re.M)
    return [re.findall(r"`([a-z_]+/[a-z_]+\.py)`", one) for one in lists]


@pytest.mark.slow
def test_the_walks_are_those_of_the_commands(tmp_path: Path, server: ScriptedServer) -> None:
    run, settings = tmp_path / "run", config(tmp_path, server)
    through = traced(tmp_path, "run", settings, "--out", run, "--until", "pairs")
    measured = traced(tmp_path, "eval", run, "--model", "base")
    for walk, trace in zip(walks(), (through, measured), strict=True):
        assert len(walk) > 8
        listed = [file for file in walk if file not in BESIDE]
        assert [file for file in trace.first if file in listed] == listed


@pytest.mark.slow
def test_no_file_of_the_way_through_an_evaluation_is_entered_twice(
    tmp_path: Path, server: ScriptedServer
) -> None:
    """Of one entrant, whose calls of values that were handed on (properties, methods) do not
    count. The second entrant is compared with the first, the third is measured on a benchmark."""
    run, settings = tmp_path / "run", config(tmp_path, server)
    specloop("run", settings, "--out", run, "--until", "probes")
    write_data(tmp_path / "bench" / "Garden")
    walk = [file for file in walks()[1] if file not in BESIDE]
    for more in ((), ("--method", "align3"), ("--benchmark", tmp_path / "bench")):
        trace = traced(tmp_path, "eval", run, "--model", "base", *more)
        # Who is measured and on what is made by class methods, where a benchmark is named first.
        assert trace.through(walk) == [file for file in walk if file in trace.entries], more
        assert {file for file in walk if file not in trace.entries} <= {"evaluation/inputs.py"}


def test_every_file_and_folder_of_the_section_is_there() -> None:
    section = (ROOT / "CONTRIBUTING.md").read_text().split("## The first hour", 1)[1]
    named = re.findall(r"`([a-z_]+/(?:[a-z_]+\.py)?|[a-z_]+\.py)`", section.split("\n## ", 1)[0])
    assert len(named) > 30
    assert [name for name in named if not (SRC / name).exists()] == []
