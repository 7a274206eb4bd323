"""GGUF files with Q5_0 tensors become files that the embedded runtime can load."""

# pyright: basic
from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter
from gguf.quants import dequantize, quantize

from specloop.errors import InputError
from specloop.llm.backends.embedded.conversion import to_f16, values
from specloop.llm.backends.embedded.gguf import context_length


def block(scale: float, numbers: list[int]) -> bytes:
    """A Q5_0 block of 32 numbers from 0 to 31, as ggml defines it."""
    fifth = sum((number >> 4) << at for at, number in enumerate(numbers))
    low = bytes((numbers[j] & 15) | (numbers[j + 16] & 15) << 4 for j in range(16))
    return struct.pack("<eI", scale, fifth) + low


def write_gguf(path: Path) -> dict[str, np.ndarray]:
    """A model file with a tensor of each kind that the catalogued one has; its values."""
    draw = np.random.default_rng(1)
    wanted = {
        "norm": (GGMLQuantizationType.F32, (3,)),
        "five": (GGMLQuantizationType.Q5_0, (3, 64)),
        "eight": (GGMLQuantizationType.Q8_0, (1, 32)),
        "again": (GGMLQuantizationType.Q5_0, (5, 96)),
    }
    writer = GGUFWriter(path, "qwen2")
    writer.add_context_length(77)
    writer.add_array("tokens", ["a", "é", "<|end|>"])
    made = {}
    for name, (kind, shape) in wanted.items():
        data = quantize(draw.normal(size=shape).astype(np.float32), kind)
        made[name] = dequantize(data, kind)
        writer.add_tensor(name, data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return made


def test_a_block_has_the_values_that_the_format_defines():
    numbers = [(7 * at + 3) % 32 for at in range(32)]
    got = values(block(0.5, numbers) + block(-2.0, [0, 31] * 16))
    assert got[0].tolist() == [0.5 * (number - 16) for number in numbers]
    assert got[1].tolist() == [32.0, -30.0] * 16


def test_the_new_file_has_the_same_values_and_metadata(tmp_path: Path):
    source, out = tmp_path / "old.gguf", tmp_path / "new.gguf"
    made = write_gguf(source)
    to_f16(source, out)
    old, new = GGUFReader(source), GGUFReader(out)
    assert context_length(out) == 77
    assert old.fields["tokens"].contents() == new.fields["tokens"].contents()
    kinds = {tensor.name: tensor.tensor_type.name for tensor in new.tensors}
    assert kinds == {"norm": "F32", "five": "F16", "eight": "Q8_0", "again": "F16"}
    for before, after in zip(old.tensors, new.tensors, strict=True):
        assert before.name == after.name
        assert before.shape.tolist() == after.shape.tolist()
        got = dequantize(after.data, after.tensor_type)
        same = made[after.name].astype("f2") if kinds[after.name] == "F16" else made[after.name]
        assert np.array_equal(got.astype(same.dtype), same.reshape(got.shape))


def test_a_file_without_q5_0_stays_as_it_is(tmp_path: Path):
    once, twice = tmp_path / "once.gguf", tmp_path / "twice.gguf"
    write_gguf(tmp_path / "old.gguf")
    to_f16(tmp_path / "old.gguf", once)
    to_f16(once, twice)
    assert once.read_bytes() == twice.read_bytes()


@pytest.mark.parametrize("kept", [0, 3, 30, 200, -40])
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, kept: int):
    source = tmp_path / "old.gguf"
    write_gguf(source)
    source.write_bytes(source.read_bytes()[:kept])
    with pytest.raises(InputError, match=r"old\.gguf: not a GGUF file that can be converted"):
        to_f16(source, tmp_path / "new.gguf")


def test_a_type_that_is_not_known_is_refused(tmp_path: Path):
    source = tmp_path / "old.gguf"
    writer = GGUFWriter(source, "qwen2")
    data = quantize(np.ones((1, 32), np.float32), GGMLQuantizationType.Q4_0)
    writer.add_tensor("four", data, raw_dtype=GGMLQuantizationType.Q4_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(InputError, match="a tensor of type 2"):
        to_f16(source, tmp_path / "new.gguf")
