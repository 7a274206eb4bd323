"""The walks in CONTRIBUTING enter the files that the commands enter, in that order."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.loop import config
from tests.scripted_server import ScriptedServer

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "specloop"
BESIDE = {"report/page.py"}
"""Named at the end of a walk; another command enters it."""


TRACED = """
import atexit, json, sys
files = {}
def note(frame, event, _):
    code = frame.f_code
    if event == "call" and code.co_filename not in files and not importing(frame):
        files[code.co_filename] = None
def importing(frame):
    while frame is not None:
        if frame.f_code.co_name == "<module>" and frame.f_code.co_filename != "<string>":
            return True
        frame = frame.f_back
    return False
out, *arguments = sys.argv[1:]
atexit.register(lambda: open(out, "w").write(json.dumps(list(files))))
from specloop.cli import main
sys.argv[1:] = arguments
sys.setprofile(note)
main()
"""


def entered(folder: Path, *arguments: object) -> list[str]:
    """The project's files in the order in which a command first calls a function of each; in a
    process of its own, where nothing has been called yet."""
    out = folder / "files.json"
    command = [sys.executable, "-c", TRACED, out, *arguments]
    subprocess.run([str(one) for one in command], check=True, capture_output=True)
    files = (Path(name) for name in json.loads(out.read_text()) if not name.startswith("<"))
    return [str(file.relative_to(SRC)) for file in files if file.is_relative_to(SRC)]


def walks() -> list[list[str]]:
    """The files of each numbered list of the section."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    section = text.split("## The first hour", 1)[1].split("\n## ", 1)[0]
    lists = re.findall(r"(?:^(?:\d\.|   ).*\n)+", section, re.M)
    return [re.findall(r"`([a-z_]+/[a-z_]+\.py)`", one) for one in lists]


def test_the_walks_are_those_of_the_commands(tmp_path: Path, server: ScriptedServer) -> None:
    run, settings = tmp_path / "run", config(tmp_path, server)
    through = entered(tmp_path, "run", settings, "--out", run, "--until", "pairs")
    measured = entered(tmp_path, "eval", run, "--model", "base")
    for walk, order in zip(walks(), (through, measured), strict=True):
        assert len(walk) > 8
        listed = [file for file in walk if file not in BESIDE]
        assert [file for file in order if file in listed] == listed


def test_every_file_and_folder_of_the_section_is_there() -> None:
    section = (ROOT / "CONTRIBUTING.md").read_text().split("## The first hour", 1)[1]
    named = re.findall(r"`([a-z_]+/(?:[a-z_]+\.py)?|[a-z_]+\.py)`", section.split("\n## ", 1)[0])
    assert len(named) > 30
    assert [name for name in named if not (SRC / name).exists()] == []
