"""Rule compliance with weights of ours: rank of a rule's authority times rank of its stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from specloop.measuring.compliance import believed, compliance, trained
from specloop.measuring.evidence import CHECK, Evidence
from specloop.metrics import Cases, Metric, metrics
from specloop.records import ANSWERING_STAGES, Authority, Rule, Stage
from specloop.stats import weighted

_AUTHORITY: Mapping[Authority | None, int] = {
    "root": 5,
    "system": 4,
    "developer": 3,
    "user": 2,
    "guideline": 1,
    None: 3,
}
_STAGE: Mapping[Stage, int] = {
    stage: len(ANSWERING_STAGES) - i for i, stage in enumerate(ANSWERING_STAGES)
}


@metrics.register("rcs_weighted")
class WeightedCompliance(Metric):
    """Mean of the rules' own rates, weighted by authority and stage."""

    title = "Rule compliance, weighted"
    needs = ("checks",)
    role = "detail"
    headline = ()
    place = 31
    is_linear = True
    judge = CHECK

    def cases(self, evidence: Evidence) -> Iterator[Cases]:
        """Of the rules trained on."""
        weights = {rule.id: priority_weight(rule) for rule in evidence.rules}
        yield compliance(self, trained(believed(evidence)), summary=weighted(weights))


def priority_weight(rule: Rule) -> float:
    """Rank of its authority (5 to 1) times rank of its stage (4 to 1)."""
    return float(_AUTHORITY[rule.authority] * _STAGE[rule.stage])
