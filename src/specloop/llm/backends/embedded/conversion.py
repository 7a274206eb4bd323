"""Rewrite the Q5_0 tensors of a GGUF file as F16: the embedded runtime cannot load Q5_0.

A Q5_0 block is 22 bytes for 32 values: a float16 scale, the fifth bits of the values (bit j belongs
to value j), then their lower four bits, values 0 to 15 in the low halves of the bytes and 16 to 31
in the high ones. A value is scale * (bits - 16), here rounded to the nearest float16. All else is
copied, so the same file gives the same bytes on every machine.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from specloop.errors import InputError
from specloop.files import open_file
from specloop.llm.backends.embedded.gguf import Tensor, tensors

_F16, _Q5_0 = 1, 6
_BLOCK = np.dtype([("scale", "<f2"), ("fifth", "<u4"), ("low", "u1", 16)])
_SIZES = {0: (1, 4), _F16: (1, 2), _Q5_0: (32, 22), 8: (32, 34), 12: (256, 144), 14: (256, 210)}
"""Values and bytes of a block by type: F32, F16, Q5_0, Q8_0, Q4_K, Q6_K."""
_ALIGNMENT = 32
_AT_ONCE = 1 << 16
"""Blocks that are converted at once."""


def to_f16(source: Path, out: Path) -> None:
    """Write `source` to `out` with F16 in place of Q5_0; InputError if it cannot be read."""
    try:
        with open_file(source) as file, out.open("wb") as written:
            _convert(file, written)
    except (struct.error, ValueError, KeyError) as error:
        raise InputError(f"{source}: not a GGUF file that can be converted ({error})") from None


def _convert(file: BinaryIO, out: BinaryIO) -> None:
    end, found = tensors(file)
    data = _aligned(file.tell())
    file.seek(0)
    out.write(file.read(end))
    offset = 0
    for tensor in found:
        made = tensor._replace(kind=_F16 if tensor.kind == _Q5_0 else tensor.kind, offset=offset)
        out.write(_entry(made))
        offset += _aligned(_n_bytes(made))
    _pad(out)
    for tensor in found:
        file.seek(data + tensor.offset)
        for piece in _pieces(file, tensor):
            out.write(piece)
        _pad(out)


def _pieces(file: BinaryIO, tensor: Tensor) -> Iterator[bytes]:
    left = _n_bytes(tensor)
    while left:
        piece = file.read(min(left, _AT_ONCE * _BLOCK.itemsize))
        if not piece:
            raise ValueError(f"it ends within {tensor.name.decode(errors='replace')}")
        yield values(piece).astype("<f2").tobytes() if tensor.kind == _Q5_0 else piece
        left -= len(piece)


def values(blocks: bytes) -> np.ndarray:
    """The float32 values of Q5_0 blocks, 32 in a row."""
    read = np.frombuffer(blocks, dtype=_BLOCK)
    fifth = (read["fifth"][:, None] >> np.arange(32, dtype=np.uint32) & 1).astype(np.int8)
    low = np.concatenate([read["low"] & 15, read["low"] >> 4], axis=1).astype(np.int8)
    return read["scale"].astype(np.float32)[:, None] * (low + 16 * fifth - 16)


def _entry(tensor: Tensor) -> bytes:
    shape = struct.pack(f"<I{len(tensor.shape)}Q", len(tensor.shape), *tensor.shape)
    name = struct.pack("<Q", len(tensor.name)) + tensor.name
    return name + shape + struct.pack("<IQ", tensor.kind, tensor.offset)


def _n_bytes(tensor: Tensor) -> int:
    if tensor.kind not in _SIZES:
        raise ValueError(f"a tensor of type {tensor.kind}")
    n_values, n_bytes = _SIZES[tensor.kind]
    return math.prod(tensor.shape) // n_values * n_bytes


def _aligned(n_bytes: int) -> int:
    return -(-n_bytes // _ALIGNMENT) * _ALIGNMENT


def _pad(out: BinaryIO) -> None:
    out.write(bytes(-out.tell() % _ALIGNMENT))
