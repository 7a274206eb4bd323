"""Probabilities as log-odds, of judges that weigh or compare them."""

from __future__ import annotations

import math

MOST = 6.0
"""Log-odds beyond which a member of a judge is not surer: a probability of 0.9975."""


def log_odds(probability: float) -> float:
    """Within `MOST` on both sides, so that a 0 or 1 does not decide alone."""
    if not 0 < probability < 1:
        return math.copysign(MOST, probability - 0.5)
    return max(-MOST, min(MOST, math.log(probability / (1 - probability))))


def probability_of(odds: float) -> float:
    """The probability with these log-odds, however large they are."""
    if odds < 0:
        return 1 - probability_of(-odds)
    return 1 / (1 + math.exp(-odds))
