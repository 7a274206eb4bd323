"""Shares of kept rules: turn verdicts into cases. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from specloop.measuring.base import Cases, Metric
from specloop.measuring.evidence import CHECK, UNMARKED, Cell, Evidence, Mark, Measured
from specloop.records import LEVELS, Belief
from specloop.stats import Summary, Unit, pooled

COMPLIANCE = "rcs"
"""The metric that a run is about."""
JUDGED = "rcs_judged"
"""The same by a judge alone."""
HELD_OUT = "held-out rules"
TARGETED = "targeted rules"
INSTANCE_RULES = "instance rules"
"""Only the rules of a request's instance, which a prompt-only run has in its prompt."""


class VerdictCase(NamedTuple):
    """One verdict with its answer."""

    answer: Measured
    cell: Cell

    @property
    def unit(self) -> Unit:
        """1 if the rule is kept, 0 if it is broken."""
        value = {"YES": 1.0, "NO": 0.0}.get(self.cell.value)
        # Outside its condition a rule can only be broken by being applied, or it is not a case.
        high = None if self.cell.is_outside else 1.0
        return Unit(self.answer.cluster, value, self.cell.rule, high=high if value is None else 1.0)


def checked(evidence: Evidence) -> list[VerdictCase]:
    """The verdicts of code."""
    return [one for one in _verdicts(evidence) if one.cell.judge == CHECK]


def believed(evidence: Evidence) -> list[VerdictCase]:
    """The verdicts that enter totals: those of code, and those of a judge as far as certified."""
    return [one for one in _verdicts(evidence) if one.cell.counts]


def judged(evidence: Evidence) -> list[VerdictCase]:
    """The verdicts of judges, believed or not."""
    return [one for one in _verdicts(evidence) if one.cell.judge != CHECK]


def with_level(level: Belief) -> str:
    """The group of a total with the judgements of a level that do not enter it."""
    return f"with {level} judgements"


WITH = tuple(map(with_level, LEVELS))


def not_believed(evidence: Evidence) -> Iterator[tuple[Belief, list[VerdictCase]]]:
    """The verdicts that enter no total, by how far they are believed."""
    apart = [one for one in judged(evidence) if not one.cell.counts]
    for level in LEVELS:
        if mine := [one for one in apart if (one.cell.mark or UNMARKED).level == level]:
            yield level, mine


def _verdicts(evidence: Evidence) -> Iterator[VerdictCase]:
    yield from (VerdictCase(answer, cell) for answer in evidence.answers for cell in answer.cells)


def trained(cases: Iterable[VerdictCase]) -> list[VerdictCase]:
    """The verdicts on rules that were trained on, which are in the totals."""
    return [case for case in cases if not case.cell.is_held_out]


def compliance(
    metric: Metric,
    cases: Iterable[VerdictCase],
    group: str = "",
    summary: Summary = pooled,
    judge: str = CHECK,
) -> Cases:
    """A figure of verdicts, without those on rules that do not apply."""
    said = [(case.cell.value == "NA", case.unit, _mark(case)) for case in cases]
    units = tuple(unit for is_na, unit, _ in said if not is_na)
    marks = tuple(mark for is_na, _, mark in said if not is_na)
    aside = tuple((unit, mark) for is_na, unit, mark in said if is_na and mark)
    return Cases(metric, units, group, summary, judge, marks if any(marks) else (), aside)


def by_rule(
    cases: Iterable[VerdictCase], evidence: Evidence
) -> Iterator[tuple[str, list[VerdictCase]]]:
    """The cases of each rule, in the document's order."""
    cases_by_rule: dict[str, list[VerdictCase]] = {}
    for case in cases:
        cases_by_rule.setdefault(case.cell.rule, []).append(case)
    yield from (
        (rule.id, cases_by_rule[rule.id]) for rule in evidence.rules if rule.id in cases_by_rule
    )


def _mark(case: VerdictCase) -> Mark | None:
    return None if case.cell.judge == CHECK else case.cell.mark or UNMARKED
