"""Compliance with conditional rules where their condition holds."""

from __future__ import annotations

from collections.abc import Iterator

from specloop.measuring.compliance import VerdictCase, by_rule, checked, compliance, trained
from specloop.measuring.evidence import CHECK, Evidence
from specloop.metrics import Cases, Metric, metrics


@metrics.register("rcs_in_scope")
class ComplianceInScope(Metric):
    """Share of verdicts that keep a conditional rule, on requests that meet its condition."""

    title = "Conditional, in scope"
    needs = ("checks",)
    role = "goal"
    place = 20
    judge = CHECK

    def cases(self, evidence: Evidence) -> Iterator[Cases]:
        """In total and by rule."""
        cases = [case for case in checked(evidence) if _is_in_scope(case)]
        yield compliance(self, trained(cases))
        for rule, own in by_rule(cases, evidence):
            yield compliance(self, own, rule)


def _is_in_scope(case: VerdictCase) -> bool:
    cell = case.cell
    is_open_outside = cell.value == "unscored" and cell.is_outside
    return cell.is_conditional and not cell.over_applied and not is_open_outside
