"""Stage 4: preference pairs to a trained model, on TRL and PEFT.

A trainer (`specloop.trainers`) only builds its TRL trainer from the policy and the pairs. Loading,
validation by held-out generation, resuming, merging and export are the same for all (`run.py`).
Torch is imported when training starts.
"""

from __future__ import annotations

import gc
import importlib.util
import os
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import ConfigDict, Field

from specloop.config import AnotherJudge
from specloop.errors import InputError, MissingExtraError
from specloop.llm.backends import backend_of, backends
from specloop.llm.base import Reply
from specloop.records import (
    VALIDATION_JUDGE,
    Message,
    PreferencePair,
    TrainingRun,
    Turns,
    content_id,
)
from specloop.registry import Strategy

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
"""Greedy answers of the model in training to conversations, in order."""


class PairSides(NamedTuple):
    """What is trained on: a prompt with a chosen and a rejected answer. Where both are the same,
    it is only kept."""

    prompt: Turns
    chosen: Turns
    rejected: Turns

    @classmethod
    def of(cls, pair: PreferencePair) -> PairSides:
        """Those of a pair."""
        return cls(pair.prompt, pair.chosen, pair.rejected)


@dataclass(frozen=True)
class Former:
    """The model of an older version of the document that a training goes on from."""

    training: str
    """Id of its `TrainingRun`."""
    checkpoint: Path
    changed: tuple[str, ...] = ()
    """Ids of the rules that have changed since."""
    n_replayed: int = 0
    """How many of the job's pairs are about other rules."""
    own_words: Callable[[Generate], Sequence[PairSides]] | None = None
    """Makes of the former model's answers what is trained on in place of the job's pairs; None:
    these, as they are."""


@dataclass(frozen=True)
class TrainJob:
    """What to train on which pairs, and how to validate it."""

    out: Path
    """The folder of the model's folder; the record's paths are relative to it."""
    base: str
    """`embedded:NAME`, `embedded:FILE.gguf` or `hf:FOLDER`."""
    pairs: tuple[PreferencePair, ...]
    trainer: Trainer
    name: str
    """The trainer's name."""
    validate: Callable[[Generate], float] | None
    """Scores the model in training by its answers on the validation split; higher is better. None
    where nothing can be scored: the last checkpoint is kept."""
    held_out: tuple[tuple[Message, ...], ...] = ()
    """Conversations of the validation and test splits; pairs that repeat one are reported."""
    thinking: bool | None = None
    """Thinking on or off, by the chat template's own switch."""
    validated_by: Mapping[str, str] = field(default_factory=dict)
    """What tells the judge that validates, besides code, from others; empty: there is none."""
    document: str = ""
    """Digest of the version of the document that the pairs are for."""
    former: Former | None = None
    """What training goes on from; None: it begins at the base."""
    place: str = ""
    """The name of the model's folder within `models`; empty: the trainer's name."""

    @property
    def identity(self) -> dict[str, Any]:
        """What the id of its `TrainingRun` follows from."""
        settings = self.trainer.model_dump(mode="json", exclude={VALIDATION_JUDGE, *_OF_PAIRS})
        if self.former:
            settings["former"] = self.former.training
            settings["own_words"] = self.former.own_words is not None
            settings["shares"] = list(self.shares)
        if self.validated_by:
            settings[VALIDATION_JUDGE] = dict(self.validated_by)
        return {
            "trainer": self.name,
            "base": self.base,
            "settings": settings | {"thinking": self.thinking},
            "pairs_digest": content_id([pair.id for pair in self.pairs]),
        }

    @property
    def shares(self) -> tuple[float, ...]:
        """Shares of the weights' change to try at the end."""
        return self.trainer.continued_shares if self.former else self.trainer.shares

    @property
    def folder(self) -> Path:
        """The folder of the model, its metrics and its checkpoints."""
        return self.out / "models" / (self.place or self.name)

    @property
    def lineage(self) -> dict[str, Any]:
        """What its `TrainingRun` says of where it comes from."""
        former = self.former
        known = {"document": self.document}
        if former is None:
            return known
        return known | {
            "parent": former.training,
            "changed": former.changed,
            "n_replayed": former.n_replayed,
        }


class Trainer(Strategy):
    """One way to train on preference pairs. Its fields are its settings; all have these."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    preferences: ClassVar[bool] = True
    """Whether it learns from the rejected answers as well as from the chosen ones."""

    learning_rate: float = Field(default=1e-3, gt=0)
    epochs: float = Field(default=2.0, gt=0)
    warmup: float = Field(default=0.1, ge=0, lt=1)
    """Share of the steps in which the learning rate rises; then it falls along a cosine."""
    batch_size: int = Field(default=4, ge=1)
    accumulate: int = Field(default=1, ge=1)
    """Batches per step, for a larger batch than fits in memory."""
    gradient_checkpointing: bool = False
    """Less memory for about a third more time."""
    max_length: int = Field(default=192, ge=32)
    lora_rank: int = Field(default=16, ge=0)
    """0 trains all weights."""
    layers: int = Field(default=0, ge=0)
    """Train only this many last blocks; 0 means all."""
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    eval_every: int = Field(default=0, ge=0)
    """Steps between validations by generation; 0 means four validations a run."""
    patience: int = Field(default=2, ge=1)
    """Training stops after this many validations without a better score."""
    shares: tuple[Annotated[float, Field(ge=0, le=1)], ...] = Field(default=(1.0,), min_length=1)
    """Shares of the weights' change to try at the end (0 is the base, 1 the trained model). The
    smallest that validates as well is kept, which keeps more of the general ability."""
    max_new_tokens: int = Field(default=160, ge=8)
    """Length of the answers generated for validation."""
    validation_judge: AnotherJudge = ""
    """A judge that validates as well, on rules that code cannot decide; its table may name the
    `role` whose model it asks. Empty: none."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    continued: bool = True
    """After `specloop update`, go on from the model of the older document; false: begin at the
    base."""
    replay_share: float = Field(default=2.0, ge=0)
    """Pairs about unchanged rules that a training which goes on sees as well, as a share of those
    about what has changed; 2: twice as many."""
    own_words: bool = True
    """Train what goes on on the former model's own answers, as code repairs them, and on its own
    text, wherever code decides all that has changed; false: on the pairs as they are."""
    continued_shares: tuple[Annotated[float, Field(ge=0, le=1)], ...] = Field(
        default=(0.6, 0.8, 1.0), min_length=1
    )
    """The `shares` of a training that goes on: 0 is the former model."""

    @property
    def title(self) -> str:
        """Its name in a sentence."""
        return type(self).__name__

    @property
    def rejected_tokens(self) -> int:
        """Tokens of a rejected answer that are trained on; 0 means all."""
        return 0

    @abstractmethod
    def make(self, setup: Setup) -> transformers.Trainer:
        """The TRL trainer over the policy and the pairs, ready to train."""


_OF_PAIRS = ("continued", "replay_share", "own_words", "continued_shares")
"""Settings of which all that matters shows in where a training begins and in its pairs."""
_NEEDED = ("torch", "transformers", "peft", "trl", "datasets")


def check_target(target: str) -> None:
    """InputError or MissingExtraError if the target could not be trained."""
    check_base(target)
    needed = (*_NEEDED, *(backend_of(target).trained_with or ()))
    missing = next((name for name in needed if importlib.util.find_spec(name) is None), "")
    if missing:
        raise MissingExtraError(f"training ({missing})", "train")


def is_trainable(target: str) -> bool:
    """Whether a model's weights are where its backend reads them from."""
    return backend_of(target).trained_with is not None


def check_base(target: str) -> Path:
    """The place of a model's weights; InputError if they are not here."""
    if not is_trainable(target):
        kinds = " or ".join(f"{name}:" for name in backends.names() if is_trainable(f"{name}:"))
        raise InputError(
            f"{target!r} cannot be trained: its weights are not here. Use a model of {kinds}"
        )
    return backend_of(target).weights(target.partition(":")[2])


def training_id(job: TrainJob) -> str:
    """The id of this job's `TrainingRun`: an existing one need not be made again."""
    return content_id(job.identity)


def train_pairs(job: TrainJob) -> TrainingRun:
    """Train, keep the checkpoint that validates best, merge it and export it.

    It continues where a killed run stopped. InputError for pairs or settings that cannot be trained
    on, RunStoppedError if the loss is not finite.
    """
    try:
        from specloop.training.run import run
    except ModuleNotFoundError as error:
        raise MissingExtraError(f"training ({error.name})", "train") from error
    try:
        return run(job)
    finally:
        # A trainer, its model and its callbacks hold each other: a collection is needed, which may
        # be long in coming, and what is measured next needs their memory.
        gc.collect()
