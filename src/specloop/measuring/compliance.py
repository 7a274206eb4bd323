"""Shares of kept rules: turn verdicts into cases. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from specloop.measuring.evidence import CHECK, Cell, Evidence, Measured
from specloop.stats import Unit

COMPLIANCE = "rcs"
"""The metric that a run is about."""
UNMEASURED = "rcs_unmeasured"
"""The same by a judge that nobody has checked."""
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
    return [
        VerdictCase(a, cell) for a in evidence.answers for cell in a.cells if cell.judge == CHECK
    ]


def trained(cases: Iterable[VerdictCase]) -> list[VerdictCase]:
    """The verdicts on rules that were trained on, which are in the totals."""
    return [case for case in cases if not case.cell.is_held_out]


def units(cases: Iterable[VerdictCase]) -> tuple[Unit, ...]:
    """Cases of compliance, without those to which the rule does not apply."""
    return tuple(case.unit for case in cases if case.cell.value != "NA")


def by_rule(
    cases: Iterable[VerdictCase],
    evidence: Evidence,
    of: Callable[[list[VerdictCase]], tuple[Unit, ...]] = units,
) -> Iterator[tuple[str, tuple[Unit, ...]]]:
    """The units of each rule's cases, in the document's order."""
    cases_by_rule: dict[str, list[VerdictCase]] = {}
    for case in cases:
        cases_by_rule.setdefault(case.cell.rule, []).append(case)
    yield from (
        (rule.id, of(cases_by_rule[rule.id])) for rule in evidence.rules if rule.id in cases_by_rule
    )
