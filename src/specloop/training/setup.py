"""The parts of a trainer: policy, tokenizer, pairs, adapter and shared arguments."""

# pyright: basic
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset, load_from_disk
from peft import LoraConfig
from transformers import AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerBase

from specloop.llm.backends.hf.checkpoint import DType
from specloop.training import Trainer
from specloop.training.rows import Cut, PairTokens
from specloop.training.save import write_whole
from specloop.training.steady import steady


@dataclass(frozen=True)
class Setup:
    """The parts of one training."""

    policy: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    pairs: Dataset
    """Columns prompt_ids, chosen_ids and rejected_ids."""
    settings: Trainer
    dtype: DType
    work: Path
    """The folder of the checkpoints."""

    @property
    def adapter(self) -> LoraConfig | None:
        """LoRA on every linear layer of the trained blocks; None to train all weights."""
        rank, layers = self.settings.lora_rank, self.settings.layers
        if not rank:
            return None
        return LoraConfig(
            r=rank,
            lora_alpha=2 * rank,
            lora_dropout=0.0,
            target_modules=_linear_names(self.policy, layers) if layers else "all-linear",
            task_type="CAUSAL_LM",
        )

    def trainer(self, kind: type[Any], config: Any, rows: Dataset | None = None) -> Any:
        """A TRL trainer of a kind over `rows`, by default the pairs."""
        return steady(kind)(
            model=self.policy,
            args=config,
            train_dataset=self.pairs if rows is None else rows,
            processing_class=self.tokenizer,
            peft_config=self.adapter,
        )

    def arguments(self) -> dict[str, Any]:
        """Arguments of TRL's configs that no trainer changes."""
        settings = self.settings
        return {
            "output_dir": str(self.work),
            "num_train_epochs": settings.epochs,
            "per_device_train_batch_size": settings.batch_size,
            "gradient_accumulation_steps": settings.accumulate,
            "gradient_checkpointing": settings.gradient_checkpointing,
            "learning_rate": settings.learning_rate,
            "lr_scheduler_type": "cosine",
            "warmup_steps": settings.warmup,
            "max_length": settings.max_length,
            "seed": settings.seed,
            "bf16": self.dtype == "bfloat16",
            "use_cpu": not torch.accelerator.is_available(),
            "dataloader_pin_memory": torch.accelerator.is_available(),
            "logging_steps": 1,
            "logging_nan_inf_filter": False,
            # Our validation decides when to save; two are the best checkpoint and the last.
            "save_strategy": "no",
            "save_total_limit": 2,
            "report_to": [],
            "disable_tqdm": True,
        }


def load_policy(path: Path, settings: Trainer, dtype: DType) -> PreTrainedModel:
    """The model to train: frozen weights in the fast dtype, trained ones in float32."""
    weights_dtype = getattr(torch, dtype) if settings.lora_rank else torch.float32
    policy: Any = AutoModelForCausalLM.from_pretrained(
        path, dtype=weights_dtype, local_files_only=True
    )
    if torch.accelerator.is_available():
        policy.to(torch.accelerator.current_accelerator())
    if settings.layers and not settings.lora_rank:
        policy.requires_grad_(False)
        for block in _blocks(policy, settings.layers):
            block.requires_grad_(True)
    return policy


def load_pairs(rows: Callable[[], Sequence[PairTokens]], folder: Path) -> Dataset:
    """Tokenised pairs, from disk: TRL caches what it derives beside them, and a resumed run does
    not make them again."""
    if not folder.exists():
        write_whole(folder, Dataset.from_list([row._asdict() for row in rows()]).save_to_disk)
    loaded = load_from_disk(folder)
    assert isinstance(loaded, Dataset)
    return loaded


def first_tokens(tokenizer: PreTrainedTokenizerBase, n: int) -> Cut:
    """Cuts a text after its first `n` tokens; 0 leaves it whole."""

    def cut(text: str) -> str:
        ids: Any = tokenizer(text, add_special_tokens=False)["input_ids"]
        return text if not n or len(ids) <= n else str(tokenizer.decode(ids[:n]))

    return cut


def _blocks(policy: PreTrainedModel, layers: int) -> list[torch.nn.Module]:
    """The last `layers` blocks."""
    blocks: Any = policy.get_decoder().layers
    return list(blocks)[-layers:]


def _linear_names(policy: PreTrainedModel, layers: int) -> list[str]:
    chosen = {id(part) for block in _blocks(policy, layers) for part in block.modules()}
    return [
        name
        for name, part in policy.named_modules()
        if isinstance(part, torch.nn.Linear) and id(part) in chosen
    ]
