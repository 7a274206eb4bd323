"""`specloop update` stopped by a real kill, at calls and at operations on files: it goes on to the
same end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from perf.campaign.faulty_disk import NO_COMPILER, Fault, build, compiler
from tests.commands import command
from tests.scripted_server import ScriptedServer
from tests.updated import UpdatedRun

pytestmark = pytest.mark.slow

FEWER = ("40 words", "30 words")
JOKES = ("- Never blame the customer.\n", "- Never tell jokes.\n")
TIMES = {"evaluations.jsonl", "timings.jsonl"}
"""Files that say how long something took."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UpdatedRun]:
    with ScriptedServer() as server:
        yield UpdatedRun.made(tmp_path_factory.mktemp("base"), server)


def copied(base: UpdatedRun, folder: Path) -> UpdatedRun:
    shutil.copytree(base.path, folder)
    return base._replace(path=folder)


def lines(run: UpdatedRun) -> dict[str, list[str]]:
    return {name: own for name, own in run.lines().items() if name not in TIMES}


@pytest.fixture(scope="module")
def whole(base: UpdatedRun, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What an update comes to that nothing disturbs."""
    run = copied(base, tmp_path_factory.mktemp("whole") / "run")
    run.update(base.document(FEWER, JOKES))
    return lines(run)


@pytest.mark.parametrize("n_calls", [0, 1, 4, 9, 20, 40, 70])
def test_killed_at_a_call(
    base: UpdatedRun, whole: dict[str, list[str]], tmp_path: Path, n_calls: int
) -> None:
    run, newer = copied(base, tmp_path / "run"), base.document(FEWER, JOKES)
    begun = len(run.server.bodies)
    run.server.delay_s = 0.05
    process = subprocess.Popen(command("update", run.path, newer), stderr=subprocess.DEVNULL)
    while process.poll() is None and len(run.server.bodies) - begun < n_calls:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    run.server.delay_s = 0
    run.update(newer)
    assert lines(run) == whole


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if compiler() is None or sys.platform != "linux":
        pytest.skip(NO_COMPILER)
    return build(tmp_path_factory.mktemp("disk"))


def ended(run: UpdatedRun, newer: Path, fault: Fault, library: Path) -> int:
    """The exit code of an update that a fault happens to."""
    env, told = os.environ | fault.env(library), subprocess.DEVNULL
    words = command("update", run.path, newer)
    return subprocess.run(words, env=env, stderr=told, stdout=told, check=False).returncode


@pytest.fixture(scope="module")
def operations(
    base: UpdatedRun, library: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[str]:
    """The operations on files of an update, in their order; not those of SQLite."""
    folder = tmp_path_factory.mktemp("counted")
    run, log = copied(base, folder / "run"), folder / "log"
    fault = Fault(run.path, log=str(log), skip=".sqlite")
    assert not ended(run, base.document(FEWER, JOKES), fault, library)
    return log.read_text().splitlines()


@pytest.mark.parametrize("where", ["", "replacing"])
@pytest.mark.parametrize("share", [0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9])
def test_killed_at_an_operation_on_a_file(
    base: UpdatedRun,
    whole: dict[str, list[str]],
    library: Path,
    operations: list[str],
    tmp_path: Path,
    where: str,
    share: float,
) -> None:
    """At any, and at those by which the files of the run take their places."""
    places = [at for at, line in enumerate(operations, start=1) if where in line]
    at = places[int(share * len(places))]
    run, newer = copied(base, tmp_path / "run"), base.document(FEWER, JOKES)
    fault = Fault(run.path, at, "half" if at % 2 else "kill", skip=".sqlite")
    assert ended(run, newer, fault, library) == -signal.SIGKILL
    run.update(newer)
    assert lines(run) == whole, operations[at - 1]
