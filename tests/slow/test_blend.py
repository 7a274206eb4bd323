"""Interpolating between base and trained weights."""

# pyright: basic
from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow


def test_the_smallest_share_that_validates_as_well_is_kept() -> None:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from specloop.training.merge import blend

    config = LlamaConfig(
        vocab_size=32,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
    )
    base, trained = LlamaForCausalLM(config), LlamaForCausalLM(config)
    name = "model.embed_tokens.weight"
    start = base.state_dict()[name].clone()
    end = trained.state_dict()[name].clone()
    seen = []

    def validate(model: LlamaForCausalLM) -> float:
        seen.append(model.state_dict()[name].clone())
        return {1: 0.5, 2: 0.895, 3: 0.9}[len(seen)]

    kept = blend(base, trained, (1.0, 0.25, 0.5), validate, torch.float32)
    assert kept == (0.5, 0.895)
    assert torch.allclose(seen[0], start + 0.25 * (end - start))
    assert torch.allclose(trained.state_dict()[name], start + 0.5 * (end - start))
    assert torch.equal(base.state_dict()[name], start)
