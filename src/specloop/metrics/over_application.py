"""Conditional rules applied to requests that they do not cover."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from specloop.ended import NOTHING
from specloop.measuring.compliance import VerdictCase, by_rule, checked, trained
from specloop.measuring.evidence import CHECK, Evidence
from specloop.metrics import Cases, Metric, metrics
from specloop.stats import Unit


@metrics.register("over_application")
class OverApplication(Metric):
    """Share of requests outside a condition with "only" to which the rule is applied."""

    title = "Over-application"
    better = "down"
    needs = ("checks",)
    place = 50
    judge = CHECK

    def cases(self, evidence: Evidence) -> Iterator[Cases]:
        """In total and by rule."""
        cases = [c for c in checked(evidence) if c.cell.is_conditional and c.cell.is_outside]
        yield Cases(self, _units(trained(cases)), judge=CHECK)
        for rule, own in by_rule(cases, evidence):
            yield Cases(self, _units(own), rule, judge=CHECK)


def _units(cases: Iterable[VerdictCase]) -> tuple[Unit, ...]:
    return tuple(Unit(c.answer.cluster, _value(c), c.cell.rule) for c in cases)


def _value(case: VerdictCase) -> float | None:
    if case.cell.value == "unscored" or case.answer.end in NOTHING:
        return None
    return float(case.cell.over_applied)
