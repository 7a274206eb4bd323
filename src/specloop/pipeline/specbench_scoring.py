"""Stage of a benchmark: its figures, in the terminal and on the page."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from specloop.config import Config
from specloop.errors import InputError
from specloop.pipeline.run import Run
from specloop.pipeline.specbench_protocol import judging_of
from specloop.report.specbench import write_bench_report
from specloop.specbench.cases import JudgeKey, judges_of
from specloop.specbench.comparison import BenchComparison, Options, comparison_of
from specloop.specbench.stored import Stored, read_stored
from specloop.stats import Resampling


class ScoringView(NamedTuple):
    """Which figures of a folder are shown."""

    by: str = ""
    """The judge's label; empty: the configured one where it has judged, else the one with the most
    judgements."""
    against: str = ""
    """The entrant's label that others are compared with; empty: vanilla, or the first."""


USUAL = ScoringView()


class ScoringResult(NamedTuple):
    """What a scoring came to."""

    comparison: BenchComparison
    page: Path


async def stage_score(run: Run, shown: ScoringView = USUAL) -> ScoringResult:
    """Draw up the figures and write the page."""
    comparison = drawn_up(run, shown)
    return ScoringResult(comparison, write_bench_report(run.folder, comparison))


def drawn_up(run: Run, shown: ScoringView = USUAL) -> BenchComparison:
    """The folder's benchmark as it is configured; InputError where a judge or entrant that is named
    is not there."""
    settings, stored = run.config.specbench, read_stored(run.folder)
    judge = shown.by or label_of(configured_judge(run.config, stored))
    how = Resampling(confidence=settings.confidence)
    return comparison_of(stored, Options(settings.alpha, judge, shown.against, how))


def configured_judge(config: Config, stored: Stored) -> JudgeKey | None:
    """The configured judge, where it has judged answers of the folder."""
    try:
        key = JudgeKey.by(judging_of(config).grader)
    except InputError:
        # Figures need no judge that could judge now: its checkout may be gone since.
        return None
    return next((judge for judge in judges_of(stored.judgements) if judge == key), None)


def label_of(judge: JudgeKey | None) -> str:
    """What tables call a judge; empty for none."""
    return judge.label if judge else ""
