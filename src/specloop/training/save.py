"""Save checkpoints and adapters in a form that other tools read too.

transformers 5 writes names that transformers 4 and tools built on it do not know: a class of
tokenizers that they lack, and a rotary base in a place where they do not look, so that they
silently use the default. Both are also written in the old form, which transformers 5 reads.
"""

# pyright: basic
from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from transformers import PreTrainedModel, PreTrainedTokenizerBase

_ADAPTER = "adapter_model.safetensors"
_CONFIG = "adapter_config.json"
_OF_DISK = re.compile(
    r"os error (\d+)|inline_container|PytorchStreamWriter|requested and \d+ written"
)
"""Disk errors of safetensors, torch and numpy; the latter two give no error number."""
_OF_THE_LOADING = ("backend", "is_local", "local_files_only")
"""What transformers 5 notes about how a tokenizer was loaded."""


def disk_error(error: Exception) -> OSError | None:
    """The disk error behind an error without a file name: libraries that write weights have errors
    of their own for it."""
    if isinstance(error, OSError) and error.errno:
        return error if error.filename is None else None
    match = _OF_DISK.search(str(error))
    number = int(match[1] or errno.ENOSPC) if match else 0
    return OSError(number, os.strerror(number)) if match else None


def save_checkpoint(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path
) -> None:
    """Save a model with its tokenizer."""

    def write(part: Path) -> None:
        model.save_pretrained(part)
        _edit(part / "config.json", _with_old_names)
        # Inside the configuration, because older readers look nowhere else.
        tokenizer.save_pretrained(part, save_jinja_files=False)
        _edit(part / "tokenizer_config.json", _with_known_class)

    write_whole(folder, write)


def save_adapter(checkpoint: Path, share: float, folder: Path) -> bool:
    """Save a checkpoint's adapter with `share` of its change, for PEFT; False if there is none."""
    if not (checkpoint / _CONFIG).exists():
        return False

    def write(part: Path) -> None:
        shutil.copyfile(checkpoint / _CONFIG, part / _CONFIG)
        weights = load_file(checkpoint / _ADAPTER)
        scaled = {k: v * share if ".lora_B." in k else v for k, v in weights.items()}
        save_file(scaled, part / _ADAPTER, metadata={"format": "pt"})

    write_whole(folder, write)
    return True


def write_whole(folder: Path, write: Callable[[Path], None]) -> None:
    """Write a folder, which is then complete or absent."""
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    write(part)
    # Weights are written for their owner only; a folder has the mode of the user's mask.
    usual = part.stat().st_mode & 0o666
    for path in part.iterdir():
        path.chmod(usual)
    shutil.rmtree(folder, ignore_errors=True)
    part.replace(folder)


def _edit(path: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    content = change(json.loads(path.read_text(encoding="utf-8")))
    text = json.dumps(content, indent=2, ensure_ascii=False, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")


def _with_old_names(config: dict[str, Any]) -> dict[str, Any]:
    old: dict[str, Any] = {"torch_dtype": config["dtype"]} if "dtype" in config else {}
    rope = config.get("rope_parameters") or {}
    if "rope_theta" in rope:
        old["rope_theta"] = rope["rope_theta"]
        if rope.get("rope_type", "default") != "default":
            old["rope_scaling"] = rope
    return config | old


def _with_known_class(config: dict[str, Any]) -> dict[str, Any]:
    settings = {key: value for key, value in config.items() if key not in _OF_THE_LOADING}
    if settings.get("tokenizer_class") == "TokenizersBackend":
        settings["tokenizer_class"] = "PreTrainedTokenizerFast"
    if isinstance(settings.get("extra_special_tokens"), list):
        settings["additional_special_tokens"] = settings.pop("extra_special_tokens")
    return settings
