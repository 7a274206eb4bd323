"""Behaviour of an answer, as SpecBench has it (arXiv 2509.14760, section 3.3).

In both conventions for NA: its code divides by all behavioural specs, the paper leaves NA out.
"""

from __future__ import annotations

from specloop.measuring.evidence import Measured
from specloop.measuring.scores import Score, behavioral
from specloop.metrics import AnswerMetric, metrics


@metrics.register("behavioral")
class Behavior(AnswerMetric):
    """Behavioural rules kept, of all; NA counts against."""

    title = "Behaviour"
    needs = ("verdicts",)
    role = "goal"
    place = 103
    convention = "counted"

    def score(self, answer: Measured) -> Score:
        """Its share of YES."""
        return behavioral(answer.values, self.convention or "counted")


@metrics.register("behavioral_left_out")
class BehaviorLeftOut(Behavior):
    """Behavioural rules kept, of those that apply."""

    title = "Behaviour, NA left out"
    place = 104
    convention = "left out"
