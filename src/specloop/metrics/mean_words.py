"""Length of answers."""

from __future__ import annotations

import re

from specloop.ended import NOTHING
from specloop.measuring.evidence import Measured
from specloop.measuring.scores import Score
from specloop.metrics import AnswerMetric, metrics


@metrics.register("mean_words")
class MeanWords(AnswerMetric):
    """Mean length of the answers in which something came."""

    title = "Words an answer"
    better = "neither"
    format = "number"
    role = "detail"
    place = 70

    def score(self, answer: Measured) -> Score:
        """Words; where nothing came it has no length."""
        if answer.end in NOTHING:
            return Score(None, 0.0, None)
        return Score.of(float(len(re.findall(r"\S+", answer.text))))
