"""Run folders that go away, or go elsewhere, and machines that allow few files or small ones; then
all is well again and the same command goes on."""

# pyright: basic
from __future__ import annotations

import os
import resource
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from perf.campaign.course import BENCHMARK, PIPELINE, RUN, Course, Tally, Whole, courses
from perf.campaign.faulty_disk import Fault
from perf.campaign.rows import Row

_ASKED = 12
"""Calls after which the folder goes."""
_LONGEST_S = 20.0
_AWAY = "elsewhere"
_LIMITS = {
    "few open files": (resource.RLIMIT_NOFILE, range(10, 50, 2)),
    "small files alone": (resource.RLIMIT_FSIZE, range(1000, 200_000, 10_000)),
}


def attacks(size: float, work: Path, seed: int) -> Iterator[Row]:
    """Rows by what happens to the folder or is not allowed."""
    with courses(work) as course:
        base = course.done(course.fresh(), PIPELINE[:3])
        synth, bench = (base, PIPELINE[3]), (course.fresh(), BENCHMARK[0])
        for name, (what, limits) in _LIMITS.items():
            chosen = limits[seed % 2 :: max(1, round(1 / size))]
            faults = [partial(_limit, what=what, n=n) for n in chosen]
            yield _struck(course, name, (synth, bench), faults)
        course.server.delay_s = 0.03
        yield _struck(course, "a folder that goes away", (synth, bench), [_moved, _replaced])
        yield _elsewhere(course, synth)


Do = Callable[[int, Path], None]
"""What happens to a process and its run folder."""


def _limit(pid: int, run: Path, what: int, n: int) -> None:
    resource.prlimit(pid, what, (n, n))


def _moved(pid: int, run: Path) -> None:
    run.rename(run.with_name(_AWAY))


def _replaced(pid: int, run: Path) -> None:
    _moved(pid, run)
    run.mkdir()


def _struck(
    course: Course, name: str, begins: Sequence[tuple[Path, Sequence[str]]], faults: Sequence[Do]
) -> Row:
    wholes = [Whole.of(course.done(course.copy(base), [words])) for base, words in begins]
    tally = Tally(name, course)
    for (base, words), whole in zip(begins, wholes, strict=True):
        for do in faults:
            folder, n = course.copy(base), len(course.server.bodies)

            def meanwhile(pid: int, folder=folder, n=n, do=do) -> None:
                until = time.monotonic() + _LONGEST_S if course.server.delay_s else 0.0
                while len(course.server.bodies) < n + _ASKED and time.monotonic() < until:
                    time.sleep(0.005)
                do(pid, folder / RUN)

            tally.struck(course.warm.command(folder, words, meanwhile=meanwhile))
            if (folder / _AWAY).exists():
                if (folder / RUN).exists():
                    (folder / RUN).rmdir()  # nothing may have been written there
                (folder / _AWAY).rename(folder / RUN)
            tally.gone_on(course.go(folder, words))
            tally.compared(whole, folder, str(do))
            course.drop(folder)
    return tally.row()


def _elsewhere(course: Course, begin: tuple[Path, Sequence[str]]) -> Row:
    """A folder that was stopped within a batch goes on at another place."""
    base, words = begin
    whole = Whole.of(course.done(course.copy(base), [words]))
    tally = Tally("an unfinished folder elsewhere", course)
    for at in range(4, 16, 3):
        for how in (shutil.copytree, shutil.move, os.symlink):
            folder, other = course.copy(base), course.fresh()
            tally.struck(course.go(folder, words, Fault(folder, at, "half", skip=".sqlite")))
            how(folder / RUN, other / RUN)
            tally.gone_on(course.go(other, words))
            tally.compared(whole, other, f"{how.__name__} at {at}")
    return tally.row()
