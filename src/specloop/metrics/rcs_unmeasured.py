"""Rule compliance as a model judges it, on rules that code cannot decide; enters no total."""

from __future__ import annotations

from collections.abc import Iterator

from specloop.measuring.compliance import UNMEASURED, VerdictCase, by_rule, units
from specloop.measuring.evidence import CHECK, Evidence
from specloop.metrics import Cases, Metric, metrics


@metrics.register(UNMEASURED)
class UnmeasuredCompliance(Metric):
    """Share of verdicts that keep the rule, by a language model that nobody has checked."""

    title = "Rule compliance by an unmeasured judge"
    needs = ("judge",)
    role = "detail"
    headline = ()
    place = 900
    is_measured = False

    def cases(self, evidence: Evidence) -> Iterator[Cases]:
        """By judge, in total and by rule."""
        by_judge: dict[str, list[VerdictCase]] = {}
        for answer in evidence.answers:
            for cell in answer.cells:
                if cell.judge != CHECK and cell.value != "NA":
                    by_judge.setdefault(cell.judge, []).append(VerdictCase(answer, cell))
        for judge, cases in sorted(by_judge.items()):
            yield Cases(self, units(cases), judge=judge)
            for rule, own in by_rule(cases, evidence):
                yield Cases(self, own, rule, judge=judge)
