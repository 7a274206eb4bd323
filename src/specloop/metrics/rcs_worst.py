"""Compliance with the rule that is kept least."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pydantic import Field

from specloop.measuring.compliance import checked, trained, units
from specloop.measuring.evidence import CHECK, Evidence
from specloop.metrics import Cases, Metric, metrics
from specloop.stats import Unit, worst


@metrics.register("rcs_worst")
class WorstCompliance(Metric):
    """Lowest rate among rules with at least 5 cases; chosen after looking, so lower than anew."""

    title = "Rule compliance, worst rule"
    needs = ("checks",)
    role = "detail"
    headline = ()
    place = 32
    judge = CHECK

    min_cases: int = Field(default=5, ge=1, description="cases that a rule needs")

    def cases(self, evidence: Evidence) -> Iterator[Cases]:
        """Of the rules trained on."""
        mine = self._frequent(units(trained(checked(evidence))))
        yield Cases(self, mine, summary=worst, judge=CHECK)

    def _frequent(self, units: Sequence[Unit]) -> tuple[Unit, ...]:
        """Those of rules with enough cases; where none could be told at all, of those asked."""
        scored = Counter(unit.column for unit in units if unit.value is not None)
        counts = scored or Counter(unit.column for unit in units)
        return tuple(unit for unit in units if counts[unit.column] >= self.min_cases)
