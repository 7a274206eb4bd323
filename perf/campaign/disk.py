"""Disks that are full at some moment, and disks that fail; then all is well again."""

# pyright: basic
from __future__ import annotations

import errno
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from perf.campaign.course import BENCHMARK, PIPELINE, Course, Tally, Whole, courses
from perf.campaign.faulty_disk import Fault
from perf.campaign.rows import Row

_SIZES = {"pipeline": 40, "benchmark": 20}
_FAILING = 40
_MOST = 300
"""Operations of a command, about."""


def attacks(size: float, work: Path, seed: int) -> Iterator[Row]:
    """Rows of full disks and of failing ones."""
    rng = random.Random(seed)
    with courses(work) as course:
        for name, words in (("pipeline", PIPELINE), ("benchmark", BENCHMARK)):
            n = max(2, round(size * _SIZES[name]))
            whole = course.done(course.fresh(), words)
            most = 1.2 * sum(path.stat().st_size for path in whole.rglob("*") if path.is_file())
            # One size in each of n equal parts.
            rooms = [int(most * (number + rng.random()) / n) for number in range(n)]
            faults = [Fault(work, room=room) for room in rooms]
            yield _struck(course, words, faults, f"full disk in a {name}", whole)
        for number, what in ((errno.EIO, "failing"), (errno.EROFS, "read-only")):
            places = [1 + rng.randrange(_MOST) for _ in range(max(2, round(size * _FAILING)))]
            faults = [Fault(work, at, "fail", number) for at in places]
            yield _struck(course, BENCHMARK, faults, f"{what} disk in a benchmark", whole)


def _struck(
    course: Course,
    words: Sequence[Sequence[str]],
    faults: Sequence[Fault],
    name: str,
    undisturbed: Path,
) -> Row:
    whole, tally = Whole.of(undisturbed), Tally(name, course)
    for fault in faults:
        folder = course.fresh()
        for number, each in enumerate(words):
            ended = course.go(folder, each, fault._replace(folder=folder))
            if ended.code != 0 or number == len(words) - 1:
                break
        tally.struck(ended)
        for each in words[number:]:
            tally.gone_on(course.go(folder, each))
        tally.compared(whole, folder, str(fault[1:]))
        course.drop(folder)
    return tally.row()
