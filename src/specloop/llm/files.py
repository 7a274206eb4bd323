"""Local files of models: where they are, and what records call them."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from pydantic import TypeAdapter

from specloop.records import content_id

_WEIGHTS = (".gguf", ".safetensors", ".bin")
_LARGE = 32 * 1024 * 1024
"""Bytes from which reading a file takes noticeable time."""
_NOTES = TypeAdapter(dict[str, tuple[int, int, str]])
"""Size, time in nanoseconds and digest of files, by path."""


def cache_dir() -> Path:
    """The folder of weights: $SPECLOOP_CACHE, or else specloop/models in the user's cache
    folder."""
    chosen = os.environ.get("SPECLOOP_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "specloop" / "models"


def weights_name(path: Path, n_parts: int = 2) -> str:
    """What records call local weights: the last parts of their path, and a stamp of what they hold.

    So the calls of a folder that was copied or moved are found again, and a model that was trained
    again under the same path does not use the old ones.
    """
    files = [path] if path.is_file() else sorted(p for p in path.iterdir() if p.suffix in _WEIGHTS)
    stamp = content_id([known_digest(file) for file in files])[:8]
    return f"{'/'.join(path.resolve().parts[-n_parts:])}#{stamp}"


def known_digest(path: Path) -> str:
    """The sha256 of a file, in hex. Of a large one that has not changed it is read only once: what
    was found is noted in the folder of weights."""
    status = path.stat()
    return _digest_of(path.resolve(), status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=256)
def _digest_of(path: Path, size: int, changed: int) -> str:
    if size < _LARGE:
        return digest(path)
    where = cache_dir() / "digests.json"
    noted = _noted(where)
    *known, found = noted.get(str(path), (0, 0, ""))
    if known == [size, changed]:
        return found
    found = digest(path)
    there = {name: note for name, note in noted.items() if os.path.exists(name)}
    now = there | {str(path): (size, changed, found)}
    part = where.with_suffix(f".{os.getpid()}")
    with suppress(OSError):  # it is read again the next time
        where.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(_NOTES.dump_json(now))
        part.replace(where)
    return found


def _noted(where: Path) -> dict[str, tuple[int, int, str]]:
    try:
        return _NOTES.validate_json(where.read_bytes())
    except (OSError, ValueError):
        return {}


def digest(path: Path) -> str:
    """The sha256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
