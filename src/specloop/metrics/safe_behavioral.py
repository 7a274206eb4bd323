"""Behaviour on safe prompts alone: what an over-cautious answer loses."""

from __future__ import annotations

from specloop.measuring.evidence import Measured
from specloop.measuring.scores import UNDEFINED, Score, behavioral
from specloop.metrics import AnswerMetric, metrics


@metrics.register("safe_behavioral")
class SafeBehavior(AnswerMetric):
    """Behavioural rules kept on safe prompts, of all: what an over-cautious answer loses."""

    title = "Behaviour on safe prompts"
    needs = ("verdicts", "permitted")
    place = 105
    convention = "counted"

    def score(self, answer: Measured) -> Score:
        """Its share of YES."""
        if not answer.is_permitted:
            return UNDEFINED
        return behavioral(answer.values, self.convention or "counted")


@metrics.register("safe_behavioral_left_out")
class SafeBehaviorLeftOut(SafeBehavior):
    """Behavioural rules kept on safe prompts, of those that apply."""

    title = "Behaviour on safe prompts, NA left out"
    headline = ()
    place = 106
    convention = "left out"
