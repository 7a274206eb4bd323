"""The time a training has left counts the validations that are still to come."""

# pyright: basic
from __future__ import annotations

import io
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from rich.console import Console

from specloop import progress as module
from specloop.trainers.sft import SFT
from specloop.training import callbacks
from specloop.training.callbacks import ProgressCallback, validates_at, validations_ahead


@pytest.mark.parametrize(
    ("step", "steps", "every", "ahead"),
    [
        (0, 100, 0, 4),
        (25, 100, 0, 3),
        (99, 100, 0, 1),
        (100, 100, 0, 0),
        (0, 7, 3, 3),
        (6, 7, 3, 1),
    ],
)
def test_validations_ahead_are_those_that_will_take_place(
    step: int, steps: int, every: int, ahead: int
) -> None:
    assert validations_ahead(step, steps, every) == ahead
    assert ahead == sum(validates_at(s, steps, every) for s in range(step + 1, steps + 1))


def test_the_time_left_is_steps_and_validations(monkeypatch: pytest.MonkeyPatch) -> None:
    now, told = [0.0], []

    def watch(title: str, total: int, left):
        told.append(left)
        return module.progress(title, total)

    monkeypatch.setattr(module, "console", Console(file=io.StringIO()))
    monkeypatch.setattr(callbacks, "progress", watch)
    monkeypatch.setattr(callbacks, "time", SimpleNamespace(monotonic=lambda: now[0]))
    state = SimpleNamespace(max_steps=100, global_step=0, log_history=[{"validation/seconds": 60}])
    with ExitStack() as stack:
        shown = ProgressCallback("train", stack, SFT(eval_every=25))
        shown.on_train_begin(None, state, None)
        (left,) = told
        assert left() is None
        now[0], state.global_step = 20.0, 10
        assert left() == pytest.approx(90 * 2 + 4 * 60)
        state.log_history.append({"validation/seconds": 80})
        now[0], state.global_step = 20.0 + 30.0 + 80.0, 25
        assert left() == pytest.approx(75 * 2 + 3 * 70)
