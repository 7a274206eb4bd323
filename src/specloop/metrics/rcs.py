"""Rule compliance: YES / (YES + NO) over (answer, rule) verdicts of code.

Ours: the paper's formula is not known to us.
"""

from __future__ import annotations

from collections.abc import Iterator

from specloop.measuring.compliance import (
    HELD_OUT,
    INSTANCE_RULES,
    TARGETED,
    by_rule,
    checked,
    trained,
    units,
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
    groups = (HELD_OUT, TARGETED, INSTANCE_RULES)
    place = 10
    judge = CHECK

    def cases(self, evidence: Evidence) -> Iterator[Cases]:
        """In total, of held-out, targeted and the instance's rules, and by rule."""
        cases = checked(evidence)
        total = trained(cases)
        for group, mine in (
            ("", total),
            (HELD_OUT, [case for case in cases if case.cell.is_held_out]),
            (TARGETED, [case for case in total if case.cell.is_targeted]),
            (INSTANCE_RULES, [case for case in total if case.cell.is_own]),
        ):
            yield Cases(self, units(mine), group, judge=CHECK)
        for rule, own in by_rule(cases, evidence):
            yield Cases(self, own, rule, judge=CHECK)
