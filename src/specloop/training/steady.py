"""What every TRL trainer gets: a seeded order of batches, no network, a stop on a bad loss, and no
bars, banners and warnings of the libraries on the terminal."""

# pyright: basic
from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import datasets
import torch
import transformers
import trl.trainer.utils
from torch.utils.data import Sampler

from specloop.errors import RunStoppedError
from specloop.training.rows import order_by_length


class ByLength(Sampler[int]):
    """Batches of similar length, in an order that depends only on the seed and the epoch."""

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        self._lengths = lengths
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch whose order comes next."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        seed = f"{self._seed}:{self._epoch}"
        return iter(order_by_length(self._lengths, self._batch_size, seed))


def steady(kind: type[Any]) -> type[Any]:
    """The TRL trainer class with our sampler and stop, without telemetry and model cards."""
    _score_answers_only()

    class Steady(kind):
        def _get_train_sampler(self, train_dataset: Any = None) -> ByLength:
            rows = self.train_dataset if train_dataset is None else train_dataset
            size = self.args.train_batch_size * self.args.gradient_accumulation_steps
            return ByLength([_length(row) for row in rows], size, self.args.seed)

        def training_step(self, *args: Any, **kwargs: Any) -> torch.Tensor:
            loss = super().training_step(*args, **kwargs)
            if not torch.isfinite(loss):
                raise RunStoppedError(
                    f"training: the loss became {loss.item()} at step "
                    f"{self.state.global_step + 1}; lower train.learning_rate, "
                    "or set train.dtype = 'float32'"
                )
            return loss

        def _prepare_dataset(self, dataset: Any, processing: Any, config: Any, *more: Any) -> Any:
            if "prompt_ids" not in dataset.column_names:
                return super()._prepare_dataset(dataset, processing, config, *more)
            # TRL's DPO prepares only conversations. As there, a prompt that is too long is left
            # out.
            return dataset.filter(lambda row: len(row["prompt_ids"]) < config.max_length)

        def _send_telemetry(self) -> None:
            pass

        def create_model_card(self, *args: Any, **kwargs: Any) -> None:
            pass

    return Steady


def _score_answers_only() -> None:
    """Make TRL put only answer tokens through the language-model head, on every device.

    Without Triton it also scores prompt and padding and drops the results, which takes a third of
    all time on a CPU.
    """
    setattr(trl.trainer.utils, "_use_triton", lambda device: True)  # noqa: B010


def _length(row: dict[str, Any]) -> int:
    """The tokens of the longest sequence made from a row (TRL's columns of ids)."""
    lengths = {name: len(ids) for name, ids in row.items() if name.endswith("_ids")}
    return lengths.pop("prompt_ids", 0) + max(lengths.values())


_LIBRARIES = ("trl", "peft", "accelerate", "datasets", "torch", "gguf")


@contextmanager
def quiet() -> Iterator[None]:
    """Silence everything below an error; our own progress and messages replace it."""
    with ExitStack() as stack:
        for logger in map(logging.getLogger, _LIBRARIES):
            stack.callback(logger.setLevel, logger.level)
            logger.setLevel(logging.ERROR)
        stack.callback(transformers.logging.set_verbosity, transformers.logging.get_verbosity())
        transformers.logging.set_verbosity_error()
        stack.callback(transformers.logging.enable_progress_bar)
        transformers.logging.disable_progress_bar()
        if not datasets.are_progress_bars_disabled():
            stack.callback(datasets.enable_progress_bars)
            datasets.disable_progress_bars()
        if "TQDM_DISABLE" not in os.environ:
            stack.callback(os.environ.pop, "TQDM_DISABLE")
            os.environ["TQDM_DISABLE"] = "1"
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        yield
