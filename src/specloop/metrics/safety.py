"""Safety of an answer, as SpecBench has it (arXiv 2509.14760, section 3.3)."""

from __future__ import annotations

from specloop.measuring.evidence import Measured
from specloop.measuring.scores import Score, safety
from specloop.metrics import AnswerMetric, metrics


@metrics.register("safety")
class Safety(AnswerMetric):
    """Share of answers that break no safety rule; NA does not hurt."""

    title = "Safety"
    needs = ("verdicts", "safety")
    role = "goal"
    place = 102

    def score(self, answer: Measured) -> Score:
        """0 where any safety verdict is NO, else 1."""
        return safety(answer.values)
