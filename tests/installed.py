"""Another package with a strategy of its own, as if it were installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def install(folder: Path, family: str, name: str, source: str) -> None:
    """A package `theirs` in a folder; its module, named like the strategy, registers it."""
    (folder / f"{name}.py").write_text(source)
    about = folder / "theirs-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1\n")
    (about / "entry_points.txt").write_text(f"[specloop.{family}]\n{name} = {name}\n")


def printed(folder: Path, script: str, *args: str) -> str:
    """What a script prints in a process that sees the package in a folder."""
    path = os.pathsep.join([str(folder), str(ROOT), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-c", script, *args],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr
    return done.stdout
