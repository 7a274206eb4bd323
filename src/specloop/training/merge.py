"""Make the trained model one piece: the adapter merged into its base, or the full checkpoint."""

# pyright: basic
from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import torch
from peft import PeftModel
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel


def merge(base: Path, checkpoint: Path | None) -> PreTrainedModel:
    """The model of a checkpoint in the dtype of its base; without a checkpoint, the base itself.

    An adapter is added in float32, because a short dtype would round small changes away.
    """
    kept = AutoConfig.from_pretrained(base, local_files_only=True).dtype or torch.float32
    adapter = checkpoint if checkpoint and (checkpoint / "adapter_config.json").exists() else None
    source = base if checkpoint is None or adapter else checkpoint
    model = AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32, local_files_only=True)
    if adapter:
        model = PeftModel.from_pretrained(model, adapter).merge_and_unload()
    return cast(Any, model).to(kept).eval()
