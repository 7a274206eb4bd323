"""Joint SFT + DPO on preference pairs (Rafailov et al., 2023), weighted as in SpecAlign (SFT : DPO
= 1 : 3).

The SFT term on the chosen answers is no ornament: DPO alone on answers that the policy did not
write itself drives both likelihoods down, and its reward accuracy stays perfect while the text
falls apart.
"""

# pyright: basic
from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from specloop.config import Train
from specloop.errors import InputError
from specloop.training import Trainer, trainers

if TYPE_CHECKING:
    import transformers

    from specloop.training.setup import Setup


class JointLoss(NamedTuple):
    """TRL's loss types with their weights."""

    types: list[str]
    weights: list[float]


def joint_loss(settings: Train) -> JointLoss:
    """The weighted losses of the settings; a weight of 0 leaves its loss out."""
    if not settings.dpo_weight:
        raise InputError(
            "train.dpo_weight is 0: for SFT on the chosen answers alone use train.trainer = 'sft'"
        )
    weighted = {"sigmoid": settings.dpo_weight, "sft": settings.sft_weight}
    kept = {name: weight for name, weight in weighted.items() if weight}
    return JointLoss(list(kept), list(kept.values()))


@trainers.register("dpo")
class DPO(Trainer):
    """Joint SFT + DPO against the frozen base model."""

    def check(self, settings: Train) -> None:
        """A loss must be left of the two."""
        joint_loss(settings)

    def make(self, setup: Setup) -> transformers.Trainer:
        """TRL's DPOTrainer; the reference's log-probabilities are computed once and kept."""
        from trl.trainer.dpo_config import DPOConfig
        from trl.trainer.dpo_trainer import DPOTrainer

        from specloop.training.steady import steady

        loss = joint_loss(setup.settings)
        config = DPOConfig(
            **setup.arguments(),
            beta=setup.settings.beta,
            loss_type=loss.types,
            loss_weights=loss.weights,
            precompute_ref_log_probs=True,
            precompute_ref_batch_size=2 * setup.settings.batch_size,
        )
        return steady(DPOTrainer)(
            model=setup.policy,
            args=config,
            train_dataset=setup.pairs,
            processing_class=setup.tokenizer,
            peft_config=setup.adapter,
        )
