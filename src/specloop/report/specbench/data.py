"""What a benchmark's page is made from: the records of one run folder, drawn up once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from specloop.records import Failure
from specloop.report.data import Manifest, ReportData
from specloop.specbench.agreement import Agreement, Scale, agreement
from specloop.specbench.answering import is_failed
from specloop.specbench.cases import judges_of
from specloop.specbench.comparison import BenchComparison
from specloop.specbench.stored import Stored
from specloop.store import RunFolder


class BenchData(NamedTuple):
    """Everything the page shows."""

    comparison: BenchComparison
    agreements: tuple[Agreement, ...]
    """The page's judge with each other judge of the folder."""
    run: ReportData
    """Manifest, failures and name of the run folder."""


def bench_data(run: RunFolder, comparison: BenchComparison) -> BenchData:
    """A comparison of the run folder with what else the page shows of the folder."""
    stored, judge = comparison.stored, comparison.judge
    others = [other for other in judges_of(stored.judgements) if other != judge]
    scale = Scale(comparison.options.alpha)
    compared = [
        agreement(stored, (judge, other), scale, comparison.options.how)
        for other in others
        if judge
    ]
    return BenchData(
        comparison=comparison,
        agreements=tuple(one for one in compared if one.n_answers),
        run=ReportData(
            failures=tuple(_still_failed(run, stored)),
            manifest=Manifest.of(run.manifest(), str(run / "manifest.json")),
            name=run.path.resolve().name,
        ),
    )


def _still_failed(run: RunFolder, stored: Stored) -> Iterator[Failure]:
    """Failures of what no later try has made good."""
    there = {one.id for one in stored.answers if not is_failed(one)}
    there |= {one.id for one in stored.judgements}
    yield from (one for one in run.read(Failure) if one.record not in there)
