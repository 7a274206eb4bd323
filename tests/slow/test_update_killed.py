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
N_MOMENTS = 12


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


@pytest.mark.skipif(compiler() is None or sys.platform != "linux", reason=NO_COMPILER)
def test_killed_at_an_operation_on_a_file(
    base: UpdatedRun, whole: dict[str, list[str]], tmp_path: Path
) -> None:
    """At moments spread over all operations, and at each second one where the run is carried over
    and its files take their places."""
    newer, library = base.document(FEWER, JOKES), build(tmp_path)

    def ended(run: UpdatedRun, fault: Fault) -> int:
        env = os.environ | fault.env(library)
        told = subprocess.DEVNULL
        return subprocess.run(
            command("update", run.path, newer), env=env, stderr=told, stdout=told, check=False
        ).returncode

    log = tmp_path / "operations"
    counted = copied(base, tmp_path / "counted")
    assert not ended(counted, Fault(counted.path, log=str(log), skip=".sqlite"))
    operations = log.read_text().splitlines()
    assert lines(counted) == whole
    replaced = [at for at, line in enumerate(operations, start=1) if "replacing" in line]
    spread = range(1, len(operations), len(operations) // N_MOMENTS)
    for at in sorted({*spread, *replaced[::2]}):
        run = copied(base, tmp_path / f"at{at}")
        code = ended(run, Fault(run.path, at, "half" if at % 2 else "kill", skip=".sqlite"))
        assert code == -signal.SIGKILL, operations[at - 1]
        run.update(newer)
        assert lines(run) == whole, operations[at - 1]
        shutil.rmtree(run.path)
