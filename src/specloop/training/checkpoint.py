"""Checkpoints on disk: which one to continue from, and its state."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

from specloop.errors import InputError
from specloop.files import read_file
from specloop.training.validation import ValidationState, validation_state


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
