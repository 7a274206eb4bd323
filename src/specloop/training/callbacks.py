"""Callbacks during training: metrics on disk, progress, validation and early stopping."""

# pyright: basic
from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback, TrainerState

from specloop.batches import add_lines
from specloop.progress import progress
from specloop.store import write_text
from specloop.training import Trainer
from specloop.training.checkpoint import (
    SCORE,
    SECONDS,
    WALL,
    ValidationState,
    validates_at,
    validation_seconds,
    validation_state,
    validations_ahead,
)

Score = Callable[[torch.nn.Module], float]


class ProgressCallback(TrainerCallback):
    """Shows the steps with loss, best score, if `is_scored`, and time left while `stack` is
    open."""

    def __init__(
        self, title: str, stack: ExitStack, settings: Trainer, is_scored: bool = True
    ) -> None:
        self._is_scored = is_scored
        self._title = title
        self._stack = stack
        self._settings = settings

    def on_train_begin(self, args: Any, state: TrainerState, control: Any, **_: Any) -> None:
        """Start the display."""
        begin, first = time.monotonic(), state.global_step
        n_before = len(validation_seconds(state.log_history))

        def left() -> float | None:
            taken = validation_seconds(state.log_history)
            stepping = time.monotonic() - begin - sum(taken[n_before:])
            done = state.global_step - first
            if done <= 0:
                return None
            ahead = validations_ahead(state.global_step, state.max_steps, self._settings.eval_every)
            mean = sum(taken) / len(taken) if taken else 0.0
            return stepping / done * (state.max_steps - state.global_step) + ahead * mean

        shown = progress(self._title, state.max_steps - first, left)
        self._advance = self._stack.enter_context(shown)

    def on_log(self, args: Any, state: TrainerState, control: Any, **_: Any) -> None:
        """Show the step that has been logged."""
        entry = state.log_history[-1]
        if "loss" in entry:
            now = validation_state(state.log_history) if self._is_scored else None
            score = f", best {now.best_score:.3f} at step {now.best_step}" if now else ""
            self._advance(1, f"loss {entry['loss']:.3f}{score}")


class Validation(TrainerCallback):
    """Scores generated answers at step 0, at intervals and at the end, and saves each time. Every
    log entry is a JSON line of the file `metrics`, which is cut back to the checkpoint on resuming.

    `begin` is when this process started training, on the monotonic clock.
    """

    def __init__(self, score: Score, settings: Trainer, metrics: Path, begin: float) -> None:
        self._score = score
        self._settings = settings
        self._metrics = metrics
        self._begin = begin

    def on_train_begin(
        self, args: Any, state: TrainerState, control: Any, model: Any = None, **_: Any
    ) -> None:
        """Cut the file back to the current step; validate the model as it is before the first."""
        write_text(self._metrics, "".join(map(_line, state.log_history)))
        before = validation_state(state.log_history)
        self._begin -= before.wall_s if before else 0.0
        if before is None:
            self._validate(state, model)

    def on_log(self, args: Any, state: TrainerState, control: Any, **_: Any) -> None:
        """Write what was logged."""
        self._write(state.log_history[-1])

    def on_step_end(
        self, args: Any, state: TrainerState, control: Any, model: Any = None, **_: Any
    ) -> None:
        """Validate and save if it is time to, and stop if the score gets no better."""
        if not validates_at(state.global_step, state.max_steps, self._settings.eval_every):
            return
        now = self._validate(state, model)
        if now.best_step:
            # The checkpoint that the trainer's rotation keeps.
            best = Path(str(args.output_dir)) / f"checkpoint-{now.best_step}"
            state.best_model_checkpoint = str(best)
        control.should_save = True
        control.should_training_stop |= now.stops(self._settings.patience)

    def _validate(self, state: TrainerState, model: torch.nn.Module) -> ValidationState:
        start = time.monotonic()
        score = self._score(model)
        now = time.monotonic()
        entry = {
            SCORE: score,
            SECONDS: round(now - start, 2),
            WALL: round(now - self._begin, 2),
            "epoch": state.epoch or 0.0,
            "step": state.global_step,
        }
        state.log_history.append(entry)
        self._write(entry)
        after = validation_state(state.log_history)
        assert after is not None
        return after

    def _write(self, entry: dict[str, Any]) -> None:
        add_lines(self._metrics.parent, {self._metrics.name: _line(entry).encode()})


def _line(entry: dict[str, Any]) -> str:
    return json.dumps(entry) + "\n"
