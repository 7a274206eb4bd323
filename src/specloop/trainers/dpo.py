"""Joint SFT + DPO on preference pairs (Rafailov et al., 2023), weighted as in SpecAlign (SFT : DPO
= 1 : 3).

The SFT term on the chosen answers is needed: DPO alone, on answers that the policy did not write
itself, drives both likelihoods down, and its reward accuracy stays perfect while the text falls
apart.
"""

# pyright: basic
from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, field_validator

from specloop.trainers import Trainer, trainers

if TYPE_CHECKING:
    import transformers

    from specloop.training.setup import Setup


@trainers.register("dpo")
class DPO(Trainer):
    """Joint SFT + DPO against the frozen base model."""

    sft_weight: float = Field(default=1.0, ge=0)
    """Weight of the likelihood of the chosen answers; 0 leaves it out."""
    dpo_weight: float = Field(default=3.0, ge=0)
    """Weight of the preference loss."""
    beta: float = Field(default=0.1, gt=0)
    """How strongly the model is held to its base."""
    max_rejected: int = Field(default=0, ge=0)
    """Tokens of a rejected answer that are trained on; 0 means all. A long tail costs time, and its
    length rather than its fault would drive the margin."""

    @field_validator("dpo_weight")
    @classmethod
    def _prefers(cls, weight: float) -> float:
        if not weight:
            raise ValueError("for SFT on the chosen answers alone use the trainer 'sft'")
        return weight

    @property
    def title(self) -> str:
        """A name from its losses."""
        return "joint SFT + DPO" if self.sft_weight else "DPO"

    @property
    def rejected_tokens(self) -> int:
        """The setting `max_rejected`."""
        return self.max_rejected

    @property
    def loss(self) -> dict[str, float]:
        """TRL's loss types with their weights; a weight of 0 leaves its loss out."""
        weights = {"sigmoid": self.dpo_weight, "sft": self.sft_weight}
        return {name: weight for name, weight in weights.items() if weight}

    def make(self, setup: Setup) -> transformers.Trainer:
        """TRL's DPOTrainer; the reference's log-probabilities are computed once and kept."""
        from trl.trainer.dpo_config import DPOConfig
        from trl.trainer.dpo_trainer import DPOTrainer

        config = DPOConfig(
            **setup.arguments(),
            beta=self.beta,
            loss_type=list(self.loss),
            loss_weights=list(self.loss.values()),
            precompute_ref_log_probs=True,
            precompute_ref_batch_size=2 * self.batch_size,
        )
        return setup.trainer(DPOTrainer, config)
