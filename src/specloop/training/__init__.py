"""Stage 4: preference pairs to a trained model, on TRL and PEFT.

A trainer (`specloop.trainers`) only says how its TRL trainer is built from the policy and the
pairs; loading, validation by held-out generation, resuming, merging and export are the same for all
(`run.py`). Torch is imported when training starts.
"""

from __future__ import annotations

import importlib.util
import os
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specloop.config import Train
from specloop.errors import InputError, MissingExtraError
from specloop.llm.backends.embedded import weights
from specloop.llm.base import Reply
from specloop.records import Message, PreferencePair, TrainingRun, content_id
from specloop.registry import Registry, Strategy

if TYPE_CHECKING:
    import transformers

    from specloop.training.setup import Setup

# Read once, when torch's OpenMP runtime starts: threads that spin while they wait cost half of the
# time on a busy CPU.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")

Conversation = Sequence[Message]
Generate = Callable[[Sequence[Conversation]], list[Reply]]
"""Greedy answers of the model in training to conversations, in their order."""


@dataclass(frozen=True)
class TrainJob:
    """What to train on what, and how the result is judged on the way."""

    run: Path
    """The run folder; the model goes to `models/NAME` in it."""
    base: str
    """`embedded:NAME`, `embedded:FILE.gguf` or `hf:FOLDER`."""
    pairs: tuple[PreferencePair, ...]
    settings: Train
    validate: Callable[[Generate], float]
    """Scores the model in training by its answers on the validation split; higher is better."""
    name: str = ""
    """Folder under `models/`; the trainer's name where empty."""
    held_out: tuple[tuple[Message, ...], ...] = ()
    """Conversations of the validation and test splits: pairs that repeat one are reported."""
    thinking: bool | None = None
    """Thinking on or off, by the chat template's own switch."""

    @property
    def told(self) -> dict[str, Any]:
        """The settings as they are recorded."""
        more = {} if self.thinking is None else {"thinking": self.thinking}
        return self.settings.model_dump(mode="json") | more

    @property
    def folder(self) -> Path:
        """Where the model, its metrics and its checkpoints lie."""
        return self.run / "models" / (self.name or self.settings.trainer)


class Trainer(Strategy):
    """One way to train on preference pairs."""

    def check(self, settings: Train) -> None:
        """InputError for settings that the trainer cannot use."""

    @abstractmethod
    def make(self, setup: Setup) -> transformers.Trainer:
        """The TRL trainer over the policy and the pairs, ready to train."""


trainers: Registry[Trainer] = Registry(Trainer, "specloop.trainers")


LOCAL = ("embedded:", "hf:")
"""Backends whose weights are here and can be trained."""

_NEEDED = ("torch", "transformers", "peft", "trl", "datasets")


def check_trainer(target: str, settings: Train) -> None:
    """InputError or MissingExtraError where the target could not be trained by these settings."""
    trainers.build(settings.trainer).check(settings)
    check_base(target)
    needed = (*_NEEDED, "gguf") if target.startswith("embedded:") else _NEEDED
    missing = next((name for name in needed if importlib.util.find_spec(name) is None), "")
    if missing:
        raise MissingExtraError(f"training ({missing})", "train")


def check_base(target: str) -> None:
    """InputError where a model's weights are not here."""
    prefix, _, rest = target.partition(":")
    if f"{prefix}:" not in LOCAL:
        raise InputError(
            f"{target!r} cannot be trained: its weights are not here. Use embedded:NAME or "
            "hf:FOLDER"
        )
    if prefix == "hf" and not (Path(rest) / "config.json").exists():
        raise InputError(
            f"{target}: {rest} is not a folder with a transformers checkpoint (no config.json)"
        )
    if prefix == "embedded" and not rest.endswith(".gguf"):
        weights.find(rest)
    elif prefix == "embedded" and not Path(rest).is_file():
        raise InputError(f"{rest}: no such file")


def training_id(job: TrainJob) -> str:
    """Id of the `TrainingRun` this job ends in: one that is there need not be made again."""
    return content_id(
        {
            "trainer": job.settings.trainer,
            "base": job.base,
            "settings": job.told,
            "pairs_digest": pairs_digest(job.pairs),
        }
    )


def pairs_digest(pairs: Sequence[PreferencePair]) -> str:
    """Digest of the pairs in their order."""
    return content_id([pair.id for pair in pairs])


def train_pairs(job: TrainJob) -> TrainingRun:
    """Train, keep the checkpoint that validates best, merge it and export it; goes on where a
    killed run stopped.

    Raises InputError for pairs or settings that cannot be trained on, RunStoppedError when the loss
    is lost.
    """
    trainer = trainers.build(job.settings.trainer)
    try:
        from specloop.training.run import run
    except ModuleNotFoundError as error:
        raise MissingExtraError(f"training ({error.name})", "train") from error
    return run(job, trainer)
