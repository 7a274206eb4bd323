"""What a run has of a benchmark before and after a revision of its document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from specloop.measuring.compliance import COMPLIANCE
from specloop.records import Answer, Case, Evaluation, Figure, Judgement
from specloop.stats import Unit, rate
from specloop.store import BENCHMARKS, RunFolder

FOLLOWS = "follows"
"""The entry of a benchmark's manifest that names the version that it came after."""


class BenchVersion(NamedTuple):
    """What was measured on one version."""

    cases: tuple[Case, ...]
    answers: tuple[Answer, ...]
    judgements: tuple[Judgement, ...]
    evaluations: tuple[Evaluation, ...]

    @classmethod
    def at(cls, folder: RunFolder) -> BenchVersion:
        """That in a folder."""
        return cls(
            tuple(folder.read(Case)),
            tuple(folder.read(Answer)),
            tuple(folder.read(Judgement)),
            tuple(folder.read(Evaluation)),
        )

    def kept(self, label: str, rows: frozenset[str]) -> Figure:
        """The share of code's verdicts that find a rule kept, on some rows."""
        cases = {a.id: a.case for a in self.answers if a.entrant == label and a.case in rows}
        units = [
            Unit(cases[one.answer], float(verdict.value == "YES"), verdict.rule)
            for one in self.judgements
            for verdict in one.verdicts
            if one.answer in cases and verdict.kind == "check" and verdict.value in ("YES", "NO")
        ]
        return Figure(name=COMPLIANCE, **rate(units)._asdict())


class BenchVersions(NamedTuple):
    """Two versions of a benchmark."""

    old: BenchVersion
    new: BenchVersion


def bench_versions(run: RunFolder) -> Iterator[BenchVersions]:
    """Each benchmark of a run that came after another version of it."""
    for path in sorted((run / BENCHMARKS).glob("*")):
        part = RunFolder(path) if path.is_dir() else None
        before = part.manifest().get(FOLLOWS, "") if part else ""
        if part and before and (run / BENCHMARKS / before).is_dir():
            old = RunFolder(run / BENCHMARKS / before)
            yield BenchVersions(BenchVersion.at(old), BenchVersion.at(part))
