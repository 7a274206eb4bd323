"""Rule compliance as a model judges it, on rules that code cannot decide.

It enters totals only where the judge is certified.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from specloop.measuring.compliance import JUDGED, VerdictCase, by_rule, compliance, judged
from specloop.measuring.evidence import UNMARKED, Evidence
from specloop.metrics import Cases, Metric, metrics
from specloop.records import LEVELS


@metrics.register(JUDGED)
class JudgedCompliance(Metric):
    """Share of a model's verdicts that keep the rule, believed as far as it was measured."""

    title = "Rule compliance by a judge"
    needs = ("judge",)
    role = "detail"
    headline = ()
    groups = LEVELS
    place = 900
    is_judged = True
    is_linear = True

    def cases(self, evidence: Evidence) -> Iterator[Cases]:
        """By judge: in total, by how far it is believed and by family if it was measured, and by
        rule."""
        by_judge: dict[str, list[VerdictCase]] = {}
        for case in judged(evidence):
            by_judge.setdefault(case.cell.judge, []).append(case)
        families = {rule.id: rule.family for rule in evidence.rules}
        for judge, cases in sorted(by_judge.items()):
            each = [("", cases)]
            if any((case.cell.mark or UNMARKED).level != "unmeasured" for case in cases):
                each += _groups(cases, families)
            figures = (
                compliance(self, c, g, judge=judge) for g, c in [*each, *by_rule(cases, evidence)]
            )
            yield from (one for one in figures if one.units)


def _groups(
    cases: Iterable[VerdictCase], families: dict[str, str]
) -> Iterator[tuple[str, list[VerdictCase]]]:
    by_group: dict[str, list[VerdictCase]] = {level: [] for level in LEVELS}
    for case in cases:
        by_group[(case.cell.mark or UNMARKED).level].append(case)
        if family := families.get(case.cell.rule):
            by_group.setdefault(f"family: {family}", []).append(case)
    yield from ((group, own) for group, own in by_group.items() if own)
