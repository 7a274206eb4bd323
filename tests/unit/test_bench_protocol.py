"""What each protocol sends: which options go with a model, and which texts."""

# pyright: basic
from __future__ import annotations

import pytest

from specloop.config import RoleModel
from specloop.pipeline.bench_protocol import options_for

REACH = {"base_url": "http://127.0.0.1:1/v1", "api_key_env": "GARDEN_KEY"}


@pytest.mark.parametrize(
    ("configured", "asked", "kept"),
    [
        ("Qwen3-14B", "Qwen3-14B-thinking", True),
        ("openai:Qwen3-14B", "Qwen3-14B-thinking", True),
        ("Qwen3-14B", "openai:Qwen3-14B-thinking", True),
        ("openai:a", "openai:b", True),
        ("openai:a", "embedded:b", False),
        ("embedded:a", "Qwen3-14B", False),
    ],
)
def test_options_go_with_every_model_of_the_same_backend(
    configured: str, asked: str, kept: bool
) -> None:
    role = RoleModel(model=configured, options=REACH)
    assert options_for(role, asked) == (REACH if kept else {})
