"""Rule compliance: YES / (YES + NO) over (answer, rule) verdicts of code and of certified judges.

Ours: the paper's formula is not known to us.
"""

from __future__ import annotations

from collections.abc import Iterator

from specloop.measuring.compliance import (
    HELD_OUT,
    INSTANCE_RULES,
    TARGETED,
    WITH,
    believed,
    by_rule,
    compliance,
    not_believed,
    trained,
    with_level,
)
from specloop.measuring.evidence import CHECK, Evidence
from specloop.metrics import Cases, Metric, metrics


@metrics.register("rcs")
class Compliance(Metric):
    """Share of verdicts that keep the rule, where it applies."""

    title = "Rule compliance"
    needs = ("checks",)
    role = "goal"
    headline = ("", HELD_OUT)
    is_linear = True
    groups = (*WITH, HELD_OUT, TARGETED, INSTANCE_RULES)
    place = 10
    judge = CHECK

    def cases(self, evidence: Evidence) -> Iterator[Cases]:
        """In total, of held-out, targeted and the instance's rules, by rule, and what verdicts that
        are not believed would change."""
        cases = believed(evidence)
        total = trained(cases)
        for group, mine in (
            ("", total),
            (HELD_OUT, [case for case in cases if case.cell.is_held_out]),
            (TARGETED, [case for case in total if case.cell.is_targeted]),
            (INSTANCE_RULES, [case for case in total if case.cell.is_own]),
        ):
            yield compliance(self, mine, group)
        for level, more in not_believed(evidence):
            yield compliance(self, [*total, *trained(more)], with_level(level))
        for rule, own in by_rule(cases, evidence):
            yield compliance(self, own, rule)
