"""What an answer takes."""

from __future__ import annotations

from specloop.ended import NOTHING
from specloop.measuring.evidence import Measured
from specloop.measuring.scores import Score
from specloop.metrics import AnswerMetric, metrics


@metrics.register("tokens")
class MeanTokens(AnswerMetric):
    """Mean tokens in and out of all calls for an answer."""

    title = "Tokens an answer"
    better = "neither"
    format = "number"
    role = "detail"
    needs = ("calls",)
    place = 75

    def score(self, answer: Measured) -> Score:
        """Tokens of every prompt and completion; a failed answer's are not known."""
        return Score(None, 0.0, None) if answer.end in NOTHING else Score.of(answer.tokens)
