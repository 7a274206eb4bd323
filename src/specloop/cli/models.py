"""`specloop models list|fetch NAME`: the embedded models' weights."""

from __future__ import annotations

from cyclopts import App

from specloop.errors import InputError
from specloop.llm import weights
from specloop.progress import console, progress


def fetch(*names: str) -> None:
    """Get weights by name (all of them without one), verified by sha256, resumably."""
    for name in names or tuple(weights.CATALOGUE):
        n_bytes = weights.CATALOGUE[name].n_bytes if name in weights.CATALOGUE else 0
        with progress(f"fetching {name} (bytes)", n_bytes) as advance:
            path = weights.fetch(name, advance)
        console.print(f"{name}: {path}")


def list_models() -> None:
    """Name, size and licence of the known weights, and whether they are here."""
    for name, entry in weights.CATALOGUE.items():
        size = f"{entry.n_bytes / 1e6:.0f} MB"
        console.print(f"{name}: {size}, {entry.licence}, {_state(name)}")


def _state(name: str) -> str:
    try:
        return str(weights.find(name))
    except InputError:
        return f"not here yet: specloop models fetch {name}"


def register(app: App) -> None:
    """Add the commands."""
    models = App(name="models", help="Weights of the embedded models.")
    models.command(fetch)
    models.command(list_models, name="list")
    app.command(models)
