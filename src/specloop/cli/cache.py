"""`specloop cache info|prune FOLDER`: the stored calls of a run or of a shared cache folder."""

from __future__ import annotations

import re
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.table import Table
from rich.text import Text

from specloop.errors import InputError
from specloop.llm.calls.cache import FILE, ModelShare, cache_info, prune
from specloop.pipeline import Run
from specloop.terminal import show, show_table

cache = App(name="cache", help="Stored model calls of a run or of a shared cache folder.")
_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


@cache.command
def info(folder: Path) -> None:
    """Print where the stored calls are, and how many, how large and how old they are, by model."""
    path = _file(folder)
    shares = cache_info(path)
    table = Table()
    for title in ("model", "calls", "MB", "oldest", "newest"):
        table.add_column(title, justify="left" if title == "model" else "right")
    for share in shares:
        table.add_row(Text(share.model), *_figures(share))
    n_calls = sum(share.n_calls for share in shares)
    show(f"{path}: {n_calls} calls, {path.stat().st_size / 1e6:.1f} MB")
    if shares:
        show_table(table)


@cache.command(name="prune")
def prune_(
    folder: Path,
    *,
    older_than: Annotated[str, Parameter(help="Age, such as 30d, 12h or 2w.")] = "",
    model: Annotated[str | None, Parameter(help="Only the calls of this model.")] = None,
) -> None:
    """Drop stored calls by age, by model, or both."""
    if not older_than and model is None:
        raise InputError("cache prune: say what to drop: --older-than 30d, --model NAME, or both")
    before = int(time.time() - _age_s(older_than)) if older_than else None
    path = _file(folder)
    n = prune(path, before, model)
    show(f"{path}: {n} calls dropped")


def _file(folder: Path) -> Path:
    """The file of the cache of a run, or of one in a shared folder."""
    if (folder / "manifest.json").exists():
        return Run.resume(folder).pool.files.cache
    return folder / FILE


def _figures(share: ModelShare) -> tuple[str, ...]:
    times = (datetime.fromtimestamp(at).isoformat(" ", "minutes") for at in share[3:])
    return (str(share.n_calls), f"{share.n_bytes / 1e6:.1f}", *times)


def _age_s(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([mhdw])", text)
    if match is None:
        raise InputError(f"--older-than {text}: write a number and m, h, d or w, such as 30d")
    return float(match[1]) * _SECONDS[match[2]]
