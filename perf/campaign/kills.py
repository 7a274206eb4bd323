"""SIGKILL at random moments of a pipeline and of a benchmark run; the same command then goes on."""

# pyright: basic
from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from perf.campaign.course import BENCHMARK, PIPELINE, Course, Tally, Whole, courses, stored
from perf.campaign.rows import Row

_KILLS = {"pipeline": 75, "benchmark": 25}
_IN_A_ROW = 5
"""Kills of a course: one for each of the pipeline's commands."""


def attacks(size: float, work: Path, seed: int) -> Iterator[Row]:
    """Rows of both courses."""
    rng = random.Random(seed)
    with courses(work) as course:
        # Replies that take time leave calls in flight at the kill.
        course.server.delay_s = 0.01
        for name, words in (("pipeline", PIPELINE), ("benchmark", BENCHMARK * _IN_A_ROW)):
            n = max(1, round(size * _KILLS[name] / _IN_A_ROW))
            yield _killed(course, f"SIGKILL in a {name}", words, n, rng)


def _killed(
    course: Course, name: str, words: Sequence[Sequence[str]], n: int, rng: random.Random
) -> Row:
    took = list[float]()
    whole_folder = course.fresh()
    for each in words:
        start = time.monotonic()
        course.done(whole_folder, [each])
        took.append(time.monotonic() - start)
    if len(set(words)) == 1:
        took = took[:1] * len(words)
    whole, tally = Whole.of(whole_folder), Tally(name, course)
    for number in range(n):
        folder = course.fresh()
        for each, seconds in zip(words, took, strict=True):
            kill = partial(_kill, after_s=rng.uniform(0, seconds))
            ended = course.warm.command(folder, each, meanwhile=kill)
            tally.struck(ended)
            known, n_before = stored(folder), len(course.server.bodies)
            if len(set(words)) > 1:
                tally.gone_on(course.go(folder, each))
                tally.paid_again(known, n_before)
        if len(set(words)) == 1:
            tally.gone_on(course.go(folder, words[0]))
        tally.compared(whole, folder, f"course {number}")
        course.drop(folder)
    return tally.row()


def _kill(pid: int, after_s: float) -> None:
    """SIGKILL, unless the process has ended by then."""
    process = os.pidfd_open(pid)
    time.sleep(after_s)
    try:
        signal.pidfd_send_signal(process, signal.SIGKILL)
    except ProcessLookupError:
        pass
    finally:
        os.close(process)
