"""Compliance with the rule that is kept least."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pydantic import Field

from specloop.measuring.compliance import VerdictCase, believed, compliance, trained
from specloop.measuring.evidence import CHECK, Evidence
from specloop.metrics import Cases, Metric, metrics
from specloop.stats import worst


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
        yield compliance(self, self._frequent(trained(believed(evidence))), summary=worst)

    def _frequent(self, cases: Sequence[VerdictCase]) -> list[VerdictCase]:
        """Those of rules with enough cases; where none could be told at all, of those asked."""
        asked = [case for case in cases if case.cell.value != "NA"]
        scored = Counter(case.cell.rule for case in asked if case.unit.value is not None)
        counts = scored or Counter(case.cell.rule for case in asked)
        return [case for case in asked if counts[case.cell.rule] >= self.min_cases]
