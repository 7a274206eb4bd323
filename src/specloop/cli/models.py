"""`specloop models [list|fetch NAME]`: the embedded models' weights."""

from __future__ import annotations

from pathlib import Path

from cyclopts import App

from specloop.cli.common import JsonOption
from specloop.errors import InputError
from specloop.llm.backends.embedded import weights
from specloop.progress import progress
from specloop.terminal import show, show_json

models = App(name="models", help="Weights of the embedded models.")


@models.command
def fetch(*names: str, json: JsonOption = False) -> None:
    """Get weights by name (all of them without one), verified by sha256, resumably."""
    paths: dict[str, str] = {}
    for name in names or tuple(weights.CATALOGUE):
        n_bytes = weights.CATALOGUE[name].n_bytes if name in weights.CATALOGUE else 0
        with progress(f"fetching {name} (bytes)", n_bytes) as advance:
            paths[name] = str(weights.fetch(name, advance))
        if not json:
            show(f"{name}: {paths[name]}")
    if json:
        show_json(paths)


@models.command(name="list")
@models.default
def list_models(*, json: JsonOption = False) -> None:
    """Print name, size and licence of the known weights, and whether they are here."""
    if json:
        show_json([_as_data(name) for name in weights.CATALOGUE])
        return
    for name, entry in weights.CATALOGUE.items():
        path = _path(name)
        state = path or f"not here yet: specloop models fetch {name}"
        show(f"{name}: {entry.kept.n_bytes / 1e6:.0f} MB, {entry.licence}, {state}")


def _as_data(name: str) -> dict[str, object]:
    entry, path = weights.CATALOGUE[name], _path(name)
    return {
        "name": name,
        "bytes": entry.kept.n_bytes,
        "licence": entry.licence,
        "path": path and str(path),
    }


def _path(name: str) -> Path | None:
    """The path of the weights; None if they have not been fetched."""
    try:
        return weights.find(name)
    except InputError:
        return None
