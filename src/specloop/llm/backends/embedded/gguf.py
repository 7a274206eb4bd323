"""Read a GGUF file's header before it is loaded: whether it is one, and its context length.

Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (little endian, versions 2 and 3).
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

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


def _find(file: BinaryIO, ending: bytes) -> int:
    if file.read(4) != _MAGIC:
        raise ValueError("it does not begin with 'GGUF'")
    _version, _n_tensors, n_entries = struct.unpack("<IQQ", file.read(20))
    for _ in range(n_entries):
        size = _number(file, "Q")
        if size > _LONGEST_KEY:
            raise ValueError(f"a key of {size} bytes")
        key = file.read(size)
        kind = _number(file, "I")
        if key.endswith(ending) and kind in _SCALARS:
            return int(_number(file, _SCALARS[kind]))
        _skip(file, kind)
    return 0


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
