"""Rule compliance, each rule counting once."""

from __future__ import annotations

from collections.abc import Iterator

from specloop.measuring.compliance import believed, compliance, trained
from specloop.measuring.evidence import CHECK, Evidence
from specloop.metrics import Cases, Metric, metrics
from specloop.stats import macro


@metrics.register("rcs_macro")
class MacroCompliance(Metric):
    """Mean of the rules' own rates, each rule counting once."""

    title = "Rule compliance, mean over rules"
    needs = ("checks",)
    role = "detail"
    headline = ()
    place = 30
    is_linear = True
    judge = CHECK

    def cases(self, evidence: Evidence) -> Iterator[Cases]:
        """Of the rules trained on."""
        yield compliance(self, trained(believed(evidence)), summary=macro)
