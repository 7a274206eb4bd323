"""A reward model as a scorer: a sequence classifier scores query and answer as a chat, without the
specs.

SpecBench (Zhang et al., arXiv 2509.14760) scores by FsfairX-LLaMA3-RM-v0.1 (Dong et al., arXiv
2405.07863).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, field_validator

from specloop.errors import InputError
from specloop.judging.base import JudgeCase
from specloop.llm.backends.hf.reward import reward_model
from specloop.llm.base import Model
from specloop.llm.files import weights_name
from specloop.records import said
from specloop.records.conversation import turns_of
from specloop.scorers import Scorer, ScorerResult, scorers


@scorers.register("reward")
class RewardScorer(Scorer):
    """Scores in this process, on CUDA if available."""

    asks: ClassVar[bool] = False

    model: str = Field(
        description="folder of a transformers checkpoint with one label; a relative one counts"
        " from the working directory"
    )

    @field_validator("model")
    @classmethod
    def _in_full(cls, value: str) -> str:
        return str(Path(value.removeprefix("hf:")).resolve())

    def check(self) -> None:
        """InputError where the folder holds no checkpoint: what was chosen by one that is gone can
        still be read."""
        if not (Path(self.model) / "config.json").is_file():
            raise InputError(f"reward: no config.json in {self.model}; give a checkpoint folder")

    @property
    def known_as(self) -> dict[str, Any]:
        """The checkpoint's name and a stamp of what it holds, wherever it lies."""
        path = Path(self.model)
        return {"model": weights_name(path, 1) if path.is_dir() else path.name}

    async def score(self, case: JudgeCase, model: Model | None) -> ScorerResult:
        """The reward, of any size; None if the chat is longer than the model's context."""
        self.check()
        chat = (*turns_of(case.query, case.conversation), *said(case.response))
        return ScorerResult(await reward_model(Path(self.model)).score(chat))
