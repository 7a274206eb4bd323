"""The model that training starts from: a transformers checkpoint, converted once from GGUF."""

# pyright: basic
from __future__ import annotations

import io
from contextlib import redirect_stderr
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase

from specloop.errors import InputError
from specloop.llm.files import cache_dir, known_digest
from specloop.terminal import console
from specloop.training.save import save_checkpoint


def checkpoint_of(source: Path) -> Path:
    """The checkpoint that transformers loads: the folder itself, or that made of a GGUF."""
    return _converted(source) if source.is_file() else source


def load_tokenizer(path: Path) -> PreTrainedTokenizerBase:
    """The tokenizer of a checkpoint, with padding; InputError without a chat template."""
    tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
    if tokenizer.chat_template is None:
        raise InputError(
            f"{path}: the tokenizer has no chat template; train from an instruct model"
        )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def _converted(source: Path) -> Path:
    """The GGUF as a float16 checkpoint in the cache of models, made at the first call."""
    out = cache_dir() / "converted" / f"{source.stem}-{known_digest(source)[:16]}"
    if not out.exists():
        console.print(f"  converting {source.name} for training (once)")
        _convert(source, out)
    return out


def _convert(source: Path, out: Path) -> None:
    try:
        tokenizer = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name)
        with redirect_stderr(io.StringIO()):  # a progress bar that no setting turns off
            read = AutoModelForCausalLM.from_pretrained(
                source.parent, gguf_file=source.name, dtype=torch.float32
            )
    except (ValueError, KeyError, NotImplementedError) as error:
        raise InputError(
            f"{source}: transformers cannot read this GGUF for training: {error}"
        ) from None
    # The loaded model counts as quantised and cannot be saved: a new one gets its weights.
    settings = {k: v for k, v in read.config.to_dict().items() if k != "quantization_config"}
    plain = AutoModelForCausalLM.from_config(AutoConfig.for_model(**settings), dtype=torch.float32)
    plain.load_state_dict(read.state_dict())
    plain.tie_weights()
    ends = tokenizer.eos_token_id
    plain.generation_config.eos_token_id = ends
    plain.generation_config.pad_token_id = (
        ends if tokenizer.pad_token_id is None else tokenizer.pad_token_id
    )
    save_checkpoint(plain.to(torch.float16), tokenizer, out)
