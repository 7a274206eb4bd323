"""One training: where its model is and how it was chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from specloop.records.base import Record


class TrainingRun(Record):
    """One training: where its model is and how it was chosen."""

    FILE: ClassVar[str] = "trainings.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("trainer", "base", "settings", "pairs_digest")

    trainer: str
    title: str
    """The trainer's name in a sentence."""
    preferences: bool
    """Whether it has learned from the rejected answers as well as from the chosen ones."""
    base: str
    settings: dict[str, Any]
    pairs_digest: str
    n_pairs: int
    model_path: str
    """Merged model for `hf:`, relative to the run folder."""
    adapter_path: str = ""
    """LoRA adapter in PEFT's form, relative to the run folder; empty where all weights were
    trained, or none."""
    gguf_path: str = ""
    """F16 GGUF for `embedded:`, relative to the run folder."""
    best_step: int
    best_score: float
    """Validation score of the kept checkpoint: compliance of generated answers."""
    stopped_early: bool = False
    kept_share: float = 1.0
    """Share of the weights' change that is in the model: between base (0) and trained (1)."""
    wall_s: float = 0.0
    peak_rss_mb: float = 0.0

    def model_in(self, folder: Path) -> str:
        """The model's name, in the runtime that its base ran in, so that both are measured alike;
        `folder` is what its paths are relative to."""
        if self.gguf_path:
            return f"embedded:{folder / self.gguf_path}"
        return f"hf:{folder / self.model_path}"
