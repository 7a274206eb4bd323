"""The state of a training: its validations so far, and which checkpoint to continue from."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from specloop.errors import InputError
from specloop.files import read_file

SCORE = "validation/compliance"
SECONDS = "validation/seconds"
WALL = "wall_s"
"""Seconds of training up to an entry, over all processes."""


def validates_at(step: int, steps: int, every: int) -> bool:
    """Whether to validate after a step: at intervals (0: four times a run) and at the end."""
    return step >= steps or step % (every or math.ceil(steps / 4)) == 0


def validations_ahead(step: int, steps: int, every: int) -> int:
    """How many validations follow a step, if training does not stop early."""
    return sum(validates_at(later, steps, every) for later in range(step + 1, steps + 1))


class ValidationState(NamedTuple):
    """The state of a training after some validations."""

    best_step: int
    best_score: float
    """The best score; of equal ones the earliest, which moved least from the base model, step 0."""
    stale: int
    """Validations since the best trained model. Step 0 does not count: it may get worse first."""
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


class Checkpoint(NamedTuple):
    """A complete checkpoint of transformers' Trainer."""

    path: Path
    step: int
    max_steps: int
    validation: ValidationState

    def finished(self, patience: int) -> bool:
        """Whether nothing is left to train after it."""
        return self.step >= self.max_steps or self.validation.stops(patience)

    @property
    def best(self) -> Path | None:
        """The checkpoint that validated best; None if the base model was never beaten."""
        step = self.validation.best_step
        return self.path.with_name(f"checkpoint-{step}") if step else None


def last_checkpoint(work: Path) -> Checkpoint | None:
    """The latest complete checkpoint; incomplete ones are deleted."""
    complete: list[Checkpoint] = []
    for path in filter(Path.is_dir, work.glob("checkpoint-*")):
        checkpoint = _read(path)
        if checkpoint is None:
            shutil.rmtree(path)
        else:
            complete.append(checkpoint)
    return max(complete, key=lambda checkpoint: checkpoint.step, default=None)


def _read(path: Path) -> Checkpoint | None:
    """Read a checkpoint; it is complete if its state, which is written last, can be read."""
    try:
        state: dict[str, Any] = json.loads(read_file(path / "trainer_state.json"))
        now = validation_state(state["log_history"])
        return now and Checkpoint(path, state["global_step"], state["max_steps"], now)
    except (InputError, ValueError, TypeError, KeyError, RecursionError):
        return None
