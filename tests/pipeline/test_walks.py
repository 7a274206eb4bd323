"""The walks in CONTRIBUTING enter the files that the commands enter, in that order."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from tests.commands import specloop
from tests.pipeline.test_loop import config
from tests.scripted_server import ScriptedServer

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "specloop"
BESIDE = {"report/page.py"}
"""Named at the end of a walk; another command enters it."""


def entered(work: Callable[[], object]) -> list[str]:
    """The project's files in the order in which a function of each is first called."""
    found: dict[str, None] = {}

    def note(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_name != "<module>" and code.co_filename not in found:
            found[code.co_filename] = None

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    inside = (Path(name) for name in found if not name.startswith("<"))
    return [str(p.relative_to(SRC)) for p in inside if p.is_relative_to(SRC)]


def walks() -> list[list[str]]:
    """The files of each numbered list of the section."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    section = text.split("## The first hour", 1)[1].split("\n## ", 1)[0]
    lists = re.findall(r"(?:^(?:\d\.|   ).*\n)+", section, re.M)
    return [re.findall(r"`([a-z_]+/[a-z_]+\.py)`", one) for one in lists]


def test_the_walks_are_those_of_the_commands(tmp_path: Path, server: ScriptedServer) -> None:
    run, settings = tmp_path / "run", config(tmp_path, server)
    through = entered(lambda: specloop("run", settings, "--out", run, "--until", "pairs"))
    measured = entered(lambda: specloop("eval", run, "--model", "base"))
    for walk, order in zip(walks(), (through, measured), strict=True):
        assert len(walk) > 8
        listed = [file for file in walk if file not in BESIDE]
        assert [file for file in order if file in listed] == listed


def test_every_file_and_folder_of_the_section_is_there() -> None:
    section = (ROOT / "CONTRIBUTING.md").read_text().split("## The first hour", 1)[1]
    named = re.findall(r"`([a-z_]+/(?:[a-z_]+\.py)?|[a-z_]+\.py)`", section.split("\n## ", 1)[0])
    assert len(named) > 30
    assert [name for name in named if not (SRC / name).exists()] == []
