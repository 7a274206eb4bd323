"""Choose how much of the training to keep: weights between the base and the trained model.

Interpolated weights keep general ability that fine-tuning would lose, often without a loss on the
task (Wortsman et al., 2022). Of the shares tried, the smallest that validates as well is taken.
"""

# pyright: basic
from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, NamedTuple, cast

import torch
from transformers import PreTrainedModel

SLACK = 0.01
"""How much validation score may be given up to keep more of the base."""


class Kept(NamedTuple):
    """A share of the change and how it validated."""

    share: float
    score: float


def blend(
    base: PreTrainedModel,
    trained: PreTrainedModel,
    shares: Sequence[float],
    validate: Callable[[PreTrainedModel], float],
    dtype: torch.dtype,
) -> Kept:
    """Set `trained` to the smallest share that validates within SLACK of the best one tried.

    A copy in `dtype`, which is fast on this machine, is validated.
    """
    start = {name: value.detach().float() for name, value in base.state_dict().items()}
    change = {name: v.detach().float() - start[name] for name, v in trained.state_dict().items()}
    copy = cast(Any, deepcopy(trained)).to(dtype)
    tried = []
    for share in sorted(set(shares)):
        _set(copy, start, change, share)
        tried.append(Kept(share, validate(copy)))
    best = max(kept.score for kept in tried)
    chosen = next(kept for kept in tried if kept.score >= best - SLACK)
    _set(trained, start, change, chosen.share)
    return chosen


def _set(
    model: PreTrainedModel,
    start: dict[str, torch.Tensor],
    change: dict[str, torch.Tensor],
    share: float,
) -> None:
    with torch.no_grad():
        for name, value in model.state_dict().items():
            value.copy_(start[name] + share * change[name])
