"""A stamp of local weights: what is trained anew under an old path meets no cached calls."""

from __future__ import annotations

from pathlib import Path

from specloop.records import content_id

_WEIGHTS = (".gguf", ".safetensors", ".bin")


def stamp(path: Path) -> str:
    """Eight hex digits of the weight files' names, sizes and times of writing."""
    files = [path] if path.is_file() else sorted(p for p in path.iterdir() if p.suffix in _WEIGHTS)
    facts = [(f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in files]
    return content_id(facts)[:8]
