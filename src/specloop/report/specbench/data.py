"""The data of a benchmark's page: the records of one run folder, read once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from specloop.records import Failure
from specloop.report.data import Manifest, ReportData
from specloop.responding.answers import is_failed
from specloop.specbench.agreement import Agreement, agreement
from specloop.specbench.cases import judges_of
from specloop.specbench.comparison import BenchComparison
from specloop.specbench.stored import Stored
from specloop.store import RunFolder


class BenchData(NamedTuple):
    """Everything the page shows."""

    comparison: BenchComparison
    agreements: tuple[Agreement, ...]
    """The agreement of the page's judge with each other judge of the folder."""
    run: ReportData
    """The manifest, failures and name of the run folder."""


def bench_data(run: RunFolder, comparison: BenchComparison) -> BenchData:
    """The comparison of a run folder, with the other data that the page shows."""
    stored, judge = comparison.stored, comparison.judge
    others = [other for other in judges_of(stored.judgements) if other != judge]
    compared = [
        agreement(stored, (judge, other), comparison.options.alpha, comparison.options.how)
        for other in others
        if judge
    ]
    return BenchData(
        comparison=comparison,
        agreements=tuple(pair for pair in compared if pair.n_answers),
        run=ReportData(
            failures=tuple(_still_failed(run, stored)),
            manifest=Manifest.of(run.manifest(), str(run / "manifest.json")),
            name=run.path.resolve().name,
        ),
    )


def _still_failed(run: RunFolder, stored: Stored) -> Iterator[Failure]:
    """Failures that no later attempt has repaired."""
    stored_ids = {record.id for record in stored.answers if not is_failed(record)}
    stored_ids |= {record.id for record in stored.judgements}
    yield from (record for record in run.read(Failure) if record.record not in stored_ids)
