"""General ability, without any rule in the context: short questions with accepted answers."""

from __future__ import annotations

from collections.abc import Iterator

from specloop.measuring.evidence import Evidence
from specloop.metrics import Cases, Metric, metrics


@metrics.register("general")
class GeneralAbility(Metric):
    """Share of general questions, which no rule speaks about, answered with an accepted word."""

    title = "General ability"
    needs = ("questions",)
    place = 60
    judge = "answer key"

    def cases(self, evidence: Evidence) -> Iterator[Cases]:
        """One a question."""
        yield Cases(self, evidence.questions, judge=self.judge)
