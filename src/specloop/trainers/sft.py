"""Fine-tuning on the chosen answers of the same pairs: the baseline that shows what DPO adds."""

# pyright: basic
from __future__ import annotations

from typing import TYPE_CHECKING

from specloop.trainers import Trainer, trainers

if TYPE_CHECKING:
    import transformers

    from specloop.training.setup import Setup


def _sequence(row: dict[str, list[int]]) -> dict[str, list[int]]:
    prompt, answer = row["prompt_ids"], row["chosen_ids"]
    return {
        "input_ids": prompt + answer,
        "completion_mask": [0] * len(prompt) + [1] * len(answer),
    }


@trainers.register("sft")
class SFT(Trainer):
    """SFT on chosen answers; the prompt is not part of the loss."""

    preferences = False

    @property
    def title(self) -> str:
        """The name in the literature."""
        return "SFT"

    def make(self, setup: Setup) -> transformers.Trainer:
        """TRL's SFTTrainer over prompt and chosen answer as one sequence."""
        from trl.trainer.sft_config import SFTConfig
        from trl.trainer.sft_trainer import SFTTrainer

        chosen = setup.pairs.map(_sequence, remove_columns=setup.pairs.column_names)
        config = SFTConfig(**setup.arguments(), completion_only_loss=True)
        return setup.trainer(SFTTrainer, config, chosen)
