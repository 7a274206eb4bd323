"""What a training leaves on disk, for PEFT, for older readers and for other users."""

# pyright: basic
from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.slow.test_training_runs import scores
from tests.tiny_model import make_tiny, tiny_job

from specloop.training import train_pairs

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
RISING = (0.0, 0.2, 0.4, 0.6, 0.8)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def mask() -> Iterator[int]:
    before = os.umask(0o027)
    yield 0o027
    os.umask(before)


def content(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("shares", [(1.0,), (0.5,)])
def test_the_adapter_on_the_base_is_the_merged_model(
    base: Path, tmp_path: Path, shares: tuple[float, ...]
) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    run = train_pairs(tiny_job(tmp_path, base, scores(*RISING, 0.8), shares=shares))
    assert run.adapter_path == "models/dpo/adapter"
    plain = AutoModelForCausalLM.from_pretrained(base)
    before = {name: value.clone() for name, value in plain.state_dict().items()}
    adapted = PeftModel.from_pretrained(plain, tmp_path / run.adapter_path).merge_and_unload()
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / run.model_path)
    found = adapted.state_dict()
    for name, value in merged.state_dict().items():
        assert torch.allclose(found[name], value, atol=1e-6), name
    assert any(not torch.equal(found[name], value) for name, value in before.items())


def test_there_is_no_adapter_where_all_weights_or_none_were_trained(
    base: Path, tmp_path: Path
) -> None:
    first = train_pairs(tiny_job(tmp_path, base, scores(*RISING)))
    assert (tmp_path / first.adapter_path / "adapter_model.safetensors").exists()
    for changes, values in (({"lora_rank": 0}, RISING), ({}, (0.0,) * 5)):
        run = train_pairs(tiny_job(tmp_path, base, scores(*values), **changes, seed=1))
        assert run.adapter_path == ""
        assert not (tmp_path / "models" / "dpo" / "adapter").exists()


def test_files_have_the_modes_that_the_users_mask_gives(
    base: Path, tmp_path: Path, mask: int
) -> None:
    train_pairs(tiny_job(tmp_path, base, scores(*RISING)))
    found = [path for path in (tmp_path / "models").rglob("*") if path.is_file()]
    assert any(path.name == "model.safetensors" for path in found)
    assert any(path.name == "adapter_model.safetensors" for path in found)
    for path in found:
        assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask, path


def test_the_checkpoint_says_in_old_names_too_what_transformers_4_would_not_find(
    base: Path, tmp_path: Path
) -> None:
    """transformers 4 has no class TokenizersBackend, takes `extra_special_tokens` for a mapping and
    the rotary base from `rope_theta`; without that, it takes its default."""
    from transformers import AutoConfig, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(base)
    tokenizer.add_special_tokens({"extra_special_tokens": ["<|tool|>"]})
    tokenizer.save_pretrained(tmp_path / "base")
    config = AutoConfig.from_pretrained(base)
    config.rope_parameters = {"rope_theta": 5e5, "rope_type": "linear", "factor": 2.0}
    for name in ("model.safetensors", "generation_config.json"):
        (tmp_path / "base" / name).write_bytes((base / name).read_bytes())
    config.save_pretrained(tmp_path / "base")
    run = train_pairs(tiny_job(tmp_path, tmp_path / "base", scores(*RISING)))
    folder = tmp_path / run.model_path
    told = content(folder / "tokenizer_config.json")
    assert told["tokenizer_class"] == "PreTrainedTokenizerFast"
    assert told["additional_special_tokens"] == ["<|tool|>"]
    assert told["chat_template"]
    assert not {"extra_special_tokens", "backend", "is_local", "local_files_only"} & set(told)
    settings = content(folder / "config.json")
    assert settings["torch_dtype"] == settings["dtype"]
    assert settings["rope_theta"] == 5e5
    assert (settings["rope_scaling"]["rope_type"], settings["rope_scaling"]["factor"]) == (
        "linear",
        2.0,
    )
    # And transformers 5 finds the same as before.
    again = AutoTokenizer.from_pretrained(folder)
    assert again.extra_special_tokens == ["<|tool|>"]
    assert again.chat_template == tokenizer.chat_template
    text = "roses <|tool|> in pots"
    assert again(text)["input_ids"] == tokenizer(text)["input_ids"]
    assert AutoConfig.from_pretrained(folder).rope_parameters == config.rope_parameters
