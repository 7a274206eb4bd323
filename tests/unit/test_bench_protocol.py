"""What each protocol sends: which options go with a model, and which texts."""

# pyright: basic
from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from tests.standin_checkout import CONFIG, known, sources, write_files

from specloop.bench.answering import Entrant
from specloop.bench.reference.checkout import read_checkout
from specloop.config import Config, RoleModel, SpecBench
from specloop.methods import methods
from specloop.pipeline.bench_protocol import options_for, terms_of

REACH = {"base_url": "http://127.0.0.1:1/v1", "api_key_env": "GARDEN_KEY"}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in checkout whose texts are taken for the known ones."""
    read = partial(read_checkout, wanted=known())
    monkeypatch.setattr("specloop.pipeline.bench_protocol.read_checkout", read)
    return write_files(tmp_path, {**sources(), **CONFIG})


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


def test_a_model_that_marks_its_answers_is_known_by_name(checkout: Path) -> None:
    named = "Safe:\n  model_name: thu-ml/STAIR-Llama-3.1-8B-DPO-3\nOther:\n  model_name: o\n"
    write_files(checkout, {"config/config_model.yaml": named})
    settings = SpecBench(protocol="reference", reference_checkout=str(checkout))
    config = Config(specbench=settings)
    marks = [
        terms_of(config, Entrant("vanilla", methods.build("vanilla"), model)).wording.answer_mark
        for model in ("Safe", "Other")
    ]
    assert marks == ["Final Answer: ", ""]
