"""`specloop config RUN`: print every value of a run's configuration and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from specloop.cli.common import JsonOption
from specloop.config import Configured
from specloop.config.faults import dotted, quoted
from specloop.config.inline import inline
from specloop.errors import InputError
from specloop.pipeline.run import known_config
from specloop.store import RunFolder
from specloop.terminal import show, show_json

_COLUMN = 48
"""The column where the remarks begin, unless a value is longer."""


def config(run: Path, *, json: JsonOption = False) -> None:
    """Print every value of the run's configuration and where it comes from, as TOML."""
    folder = RunFolder(run)
    if "config" not in folder.manifest():
        raise InputError(f"{run}: no command has noted a configuration there yet")
    configured = known_config(folder)
    if json:
        every = configured.values()
        values = {dotted(key): {"value": value, "from": origin} for key, value, origin in every}
        show_json({"run": str(run), "config": values})
        return
    for line in _lines(configured):
        show(line)


def _lines(configured: Configured) -> Iterator[str]:
    """Lines of TOML that can be used as a configuration; values that are not set are comments."""
    table: tuple[str, ...] = ()
    for (*path, key), value, origin in configured.values():
        if not path and value == {}:
            yield ""
            yield f"{f'[{quoted(key)}]':<{_COLUMN}} # {origin}"
            continue
        if tuple(path) != table:
            table = tuple(path)
            yield ""
            yield f"[{dotted(table)}]"
        line = f"{quoted(key)} = {inline(value)}" if value is not None else f"# {key}: not set"
        yield f"{line:<{_COLUMN}} # {origin}"
