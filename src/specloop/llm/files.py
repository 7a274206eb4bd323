"""Local files of models: where they are, and a stamp for them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from specloop.records import content_id

_WEIGHTS = (".gguf", ".safetensors", ".bin")


def cache_dir() -> Path:
    """The folder of weights: $SPECLOOP_CACHE, or else specloop/models in the user's cache
    folder."""
    chosen = os.environ.get("SPECLOOP_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "specloop" / "models"


def stamp(path: Path) -> str:
    """Eight hex digits of the weight files' names, sizes and times: a model that was trained again
    under the same path does not use the old cached calls."""
    files = [path] if path.is_file() else sorted(p for p in path.iterdir() if p.suffix in _WEIGHTS)
    facts = [(f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in files]
    return content_id(facts)[:8]


def digest(path: Path) -> str:
    """The sha256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
