"""The state of the validations so far: the best step, and how long ago it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

SCORE = "validation/compliance"
SECONDS = "validation/seconds"
WALL = "wall_s"
"""Seconds of training up to an entry, over all processes."""


class ValidationState(NamedTuple):
    """The state of a training after some validations."""

    best_step: int
    best_score: float
    """The best score; of equal ones the earliest, which moved least from the base model, step 0."""
    stale: int
    """Validations since the best trained model; step 0 does not count, because it may get worse
    first."""
    wall_s: float

    def stops(self, patience: int) -> bool:
        """Whether there were `patience` validations without a better score."""
        return self.stale >= patience


def validation_state(history: Sequence[Mapping[str, Any]]) -> ValidationState | None:
    """Read it from a trainer's log history; None before the first validation."""
    scores = [(int(entry["step"]), float(entry[SCORE])) for entry in history if SCORE in entry]
    if not scores:
        return None
    best_step, best_score = max(scores, key=lambda item: item[1])
    trained = [score for step, score in scores if step > 0]
    stale = len(trained) - 1 - trained.index(max(trained)) if trained else 0
    wall_s = max(float(entry.get(WALL, 0.0)) for entry in history)
    return ValidationState(best_step, best_score, stale, wall_s)


def validation_seconds(history: Sequence[Mapping[str, Any]]) -> list[float]:
    """How long each validation took, from a trainer's log history."""
    return [float(entry[SECONDS]) for entry in history if SECONDS in entry]
