"""Export to an F16 GGUF file, with tokenizer, chat template and settings copied from the GGUF the
model came from.

Only architectures whose tensors map one to one are exported. Llama files keep the rows of the query
and key projections in another order than transformers does (pairs of rotary dimensions side by
side); others keep them as they are.
"""

# pyright: basic
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import gguf
import numpy as np
import torch
from transformers import PretrainedConfig

from specloop.errors import InputError

_ARCHITECTURES = {"llama": gguf.MODEL_ARCH.LLAMA, "qwen2": gguf.MODEL_ARCH.QWEN2}
_OWN = {"general.architecture", "general.file_type", "general.quantization_version"}
"""Metadata that the writer sets itself."""


def export_gguf(
    weights: Mapping[str, torch.Tensor], config: PretrainedConfig, source: Path, out: Path
) -> None:
    """Write `weights`, named as in transformers, to `out`; metadata is copied from `source`.
    InputError if they cannot be written as GGUF."""
    reader = gguf.GGUFReader(source)
    name = str(reader.fields["general.architecture"].contents())
    if name not in _ARCHITECTURES:
        raise InputError(f"export to GGUF knows {' and '.join(_ARCHITECTURES)} models, not {name}")
    part = out.with_name(out.name + ".part")
    writer = gguf.GGUFWriter(part, name)
    _copy_metadata(reader, writer)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    _add_tensors(reader, writer, weights, config)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    part.replace(out)


def _copy_metadata(reader: gguf.GGUFReader, writer: gguf.GGUFWriter) -> None:
    for key, field in reader.fields.items():
        if key.startswith("GGUF.") or key in _OWN:
            continue
        array = field.types[0] == gguf.GGUFValueType.ARRAY
        writer.add_key_value(
            key, field.contents(), field.types[0], field.types[-1] if array else None
        )


def _add_tensors(
    reader: gguf.GGUFReader,
    writer: gguf.GGUFWriter,
    weights: Mapping[str, torch.Tensor],
    config: PretrainedConfig,
) -> None:
    names = gguf.get_tensor_name_map(_ARCHITECTURES[writer.arch], config.num_hidden_layers)
    named = {names.get_name(key, try_suffixes=(".weight", ".bias")): key for key in weights}
    for tensor in reader.tensors:
        key = named.get(tensor.name)
        if key:
            weight = weights[key].detach().cpu().float()
            if writer.arch == "llama":
                weight = _interleave(weight, key, config)
            dtype = np.float16 if weight.ndim > 1 else np.float32
            writer.add_tensor(tensor.name, weight.numpy().astype(dtype))
        elif tensor.name == "rope_freqs.weight":  # constants, not weights
            writer.add_tensor(tensor.name, tensor.data)
        else:
            raise InputError(f"the trained model has no weights for {tensor.name}")


def _interleave(weight: torch.Tensor, key: str, config: PretrainedConfig) -> torch.Tensor:
    if ".q_proj." in key:
        heads = config.num_attention_heads
    elif ".k_proj." in key:
        heads = config.num_key_value_heads
    else:
        return weight
    halves = weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:])
    return halves.swapaxes(1, 2).reshape(weight.shape)
