"""Read a GGUF file's header: whether it is one, its context length, where its tensors are.

Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (little endian, versions 2 and 3).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from specloop.errors import InputError
from specloop.files import open_file

_MAGIC = b"GGUF"
_SCALARS = dict(zip((*range(8), 10, 11, 12), "BbHhIif?Qqd", strict=True))
"""The codes of `struct` by the type's number."""
_STRING, _ARRAY = 8, 9
_LONGEST_KEY = 65_535


def context_length(path: Path) -> int:
    """The model's context length, 0 if the file does not say; InputError if it is no GGUF."""
    try:
        with open_file(path) as file:
            return _find(file, b".context_length")
    except (OSError, struct.error, ValueError, OverflowError) as error:
        raise InputError(f"{path}: not a readable GGUF model file ({error})") from None


class Tensor(NamedTuple):
    """What the header says of one tensor."""

    name: bytes
    shape: tuple[int, ...]
    kind: int
    """The number of its type in ggml."""
    offset: int
    """Bytes from the beginning of the tensors' data."""


def tensors(file: BinaryIO) -> tuple[int, tuple[Tensor, ...]]:
    """Bytes of the header and its metadata, and the tensors that follow; the file is left behind
    them. ValueError or `struct.error` if it is no GGUF."""
    n_tensors, n_entries = _counts(file)
    for _key, kind in _entries(file, n_entries):
        _skip(file, kind)
    end = file.tell()
    return end, tuple(_tensor(file) for _ in range(n_tensors))


def _tensor(file: BinaryIO) -> Tensor:
    name = file.read(_number(file, "Q"))
    shape = tuple(_number(file, "Q") for _ in range(_number(file, "I")))
    return Tensor(name, shape, _number(file, "I"), _number(file, "Q"))


def _find(file: BinaryIO, ending: bytes) -> int:
    for key, kind in _entries(file, _counts(file)[1]):
        if key.endswith(ending) and kind in _SCALARS:
            return int(_number(file, _SCALARS[kind]))
        _skip(file, kind)
    return 0


def _counts(file: BinaryIO) -> tuple[int, int]:
    """How many tensors and entries of metadata the file has."""
    if file.read(4) != _MAGIC:
        raise ValueError("it does not begin with 'GGUF'")
    _version, n_tensors, n_entries = struct.unpack("<IQQ", file.read(20))
    return n_tensors, n_entries


def _entries(file: BinaryIO, n: int) -> Iterator[tuple[bytes, int]]:
    """Key and value type of each entry; the caller reads or skips the value."""
    for _ in range(n):
        size = _number(file, "Q")
        if size > _LONGEST_KEY:
            raise ValueError(f"a key of {size} bytes")
        yield file.read(size), _number(file, "I")


def _number(file: BinaryIO, code: str) -> int:
    return struct.unpack(f"<{code}", file.read(struct.calcsize(code)))[0]


def _skip(file: BinaryIO, kind: int) -> None:
    if kind == _STRING:
        file.seek(_number(file, "Q"), 1)
    elif kind == _ARRAY:
        inner, length = _number(file, "I"), _number(file, "Q")
        for _ in range(length if inner in (_STRING, _ARRAY) else 0):
            _skip(file, inner)
        if inner in _SCALARS:
            file.seek(length * struct.calcsize(_SCALARS[inner]), 1)
    elif kind in _SCALARS:
        file.seek(struct.calcsize(_SCALARS[kind]), 1)
    else:
        raise ValueError(f"unknown value type {kind}")
