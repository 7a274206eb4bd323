"""The trained model as one piece, and how much of the training to keep.

An adapter is merged into its base, or the full checkpoint is taken. Weights between the base and
the trained model keep general ability that fine-tuning would lose, often without a loss on the task
(Wortsman et al., 2022). Of the shares tried, the smallest that validates as well is taken.
"""

# pyright: basic
from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, cast

import torch
from peft import PeftModel
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

SLACK = 0.01
"""How much validation score may be given up to keep more of the base."""


def merge(base: Path, checkpoint: Path | None) -> PreTrainedModel:
    """The model of a checkpoint in the dtype of its base; without a checkpoint, the base itself.

    An adapter is added in float32, because a short dtype would round small changes away.
    """
    dtype = AutoConfig.from_pretrained(base, local_files_only=True).dtype or torch.float32
    adapter = checkpoint if checkpoint and (checkpoint / "adapter_config.json").exists() else None
    source = base if checkpoint is None or adapter else checkpoint
    model = AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32, local_files_only=True)
    if adapter:
        model = PeftModel.from_pretrained(model, adapter).merge_and_unload()
    return cast(Any, model).to(dtype).eval()


def blend(
    base: PreTrainedModel,
    trained: PreTrainedModel,
    shares: Sequence[float],
    validate: Callable[[PreTrainedModel], float],
    dtype: torch.dtype,
) -> tuple[float, float]:
    """Set `trained` to the smallest share that validates within SLACK of the best one tried; that
    share and its score.

    A copy in `dtype`, which is fast on this machine, is validated.
    """
    start = {name: value.detach().float() for name, value in base.state_dict().items()}
    change = {name: v.detach().float() - start[name] for name, v in trained.state_dict().items()}
    copy = cast(Any, deepcopy(trained)).to(dtype)
    scores: dict[float, float] = {}
    for share in sorted(set(shares)):
        _set(copy, start, change, share)
        scores[share] = validate(copy)
    share = next(share for share, score in scores.items() if score >= max(scores.values()) - SLACK)
    _set(trained, start, change, share)
    return share, scores[share]


def _set(
    model: PreTrainedModel,
    start: dict[str, torch.Tensor],
    change: dict[str, torch.Tensor],
    share: float,
) -> None:
    with torch.no_grad():
        for name, value in model.state_dict().items():
            value.copy_(start[name] + share * change[name])
