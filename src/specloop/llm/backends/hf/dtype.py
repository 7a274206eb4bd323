"""Which floating-point type this machine computes fast."""

# pyright: basic
from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal


@cache
def fast_dtype() -> Literal["bfloat16", "float32"]:
    """bfloat16 if the GPU or the CPU has instructions for it, otherwise float32.

    On a CPU without them bfloat16 is emulated, at about a quarter of the speed of float32.
    """
    import torch

    if torch.cuda.is_available():
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    cpuinfo = Path("/proc/cpuinfo")
    flags = set(cpuinfo.read_text().split()) if cpuinfo.exists() else set()
    return "bfloat16" if flags & {"avx512_bf16", "amx_bf16"} else "float32"
