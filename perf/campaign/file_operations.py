"""A kill before every file operation and in the middle of every write; the command then goes on.

SQLite's own operations are some hundreds a command, and alike: every 25th is taken, beside all
others.
"""

# pyright: basic
from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from perf.campaign.course import (
    BENCHMARK,
    PIPELINE,
    Course,
    Tally,
    Whole,
    courses,
    stored,
)
from perf.campaign.faulty_disk import Fault
from perf.campaign.rows import Row

_SQLITE = ".sqlite"
_EVERY = 25


def attacks(size: float, work: Path, seed: int) -> Iterator[Row]:
    """Two rows for each command; at less than full size every so-many-th operation alone."""
    with courses(work) as course:
        base = course.fresh()
        for words in PIPELINE:
            yield from _both(course, base, words, (size, seed))
            course.done(base, [words])
        yield from _both(course, course.fresh(), BENCHMARK[0], (size, seed))


def _both(
    course: Course, base: Path, words: Sequence[str], which: tuple[float, int]
) -> Iterator[Row]:
    size, seed = which
    whole = Whole.of(course.done(course.copy(base), [words]))
    for skip, every in ((_SQLITE, 1), ("", _EVERY)):
        stride = max(1, round(every / size))
        struck = f"{'every' if skip else f'each {every}th'} file operation"
        tally = Tally(f"{struck} of {words[0]}, {'without' if skip else 'with'} SQLite's", course)
        _stopped(tally, base, words, (whole, skip, range(1 + seed % stride, 10_000, stride)))
        yield tally.row()


def _stopped(
    tally: Tally, base: Path, words: Sequence[str], where: tuple[Whole, str, range]
) -> None:
    """A command on a folder, stopped at operations until it ends before the next one."""
    course = tally.course
    whole, skip, places = where
    for at in places:
        n_killed = 0
        for do in ("kill", "half"):
            folder = course.copy(base)
            ended = course.go(folder, words, Fault(folder, at, do, skip=skip))
            if ended.is_killed:
                n_killed += 1
                tally.struck(ended)
                known, n_before = stored(folder), len(course.server.bodies)
                tally.gone_on(course.go(folder, words))
                tally.paid_again(known, n_before)
            tally.compared(whole, folder, f"{do} at {at}")
            course.drop(folder)
        if not n_killed:
            return
    raise AssertionError("unreachable")
