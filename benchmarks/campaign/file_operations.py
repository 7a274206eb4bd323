"""A kill before every file operation and in the middle of every write; the command then goes on."""

# pyright: basic
from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from benchmarks.campaign.course import (
    BENCHMARK,
    PIPELINE,
    Course,
    Tally,
    Whole,
    courses,
    stored,
)
from benchmarks.campaign.faulty_disk import Fault
from benchmarks.campaign.rows import Row


def attacks(size: float, work: Path, seed: int) -> Iterator[Row]:
    """A row for each command; at less than full size every so-many-th operation alone."""
    stride = max(1, round(1 / size))
    with courses(work) as course:
        base = course.fresh()
        for words in PIPELINE:
            yield _stopped(course, base, words, (stride, seed))
            course.done(base, [words])
        yield _stopped(course, course.fresh(), BENCHMARK[0], (stride, seed))


def _stopped(course: Course, base: Path, words: Sequence[str], which: tuple[int, int]) -> Row:
    """A command on a folder, stopped at operations until it ends before the next one."""
    stride, seed = which
    whole = Whole.of(course.done(course.copy(base), [words]))
    tally = Tally(f"file operations of {words[0]}", course)
    for at in count(1 + seed % stride, stride):
        n_killed = 0
        for do in ("kill", "half"):
            folder = course.copy(base)
            ended = course.go(folder, words, Fault(folder, at, do))
            if ended.is_killed:
                n_killed += 1
                tally.struck(ended)
                known, n_before = stored(folder), len(course.server.bodies)
                tally.gone_on(course.go(folder, words))
                tally.paid_again(known, n_before)
            tally.compared(whole, folder, f"{do} at {at}")
            course.drop(folder)
        if not n_killed:
            return tally.row()
    raise AssertionError("unreachable")
