"""Folders in SpecBench's form: a checkout, a folder of scenario folders such as one that
`specloop bench` built, or one scenario's folder."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from specloop.errors import InputError
from specloop.records import Scenario
from specloop.sources import BenchmarkSource, sources
from specloop.specbench.load import ABOUT, PROMPTS, SPECS, read_scenario


@sources.register("folder")
class Folder(BenchmarkSource):
    """A checkout of SpecBench, a folder of scenario folders, or one scenario's folder."""

    def scenarios(self, where: str) -> dict[str, Callable[[], Scenario]]:
        """The scenarios by the names of their folders."""
        return {key: partial(read_scenario, path) for key, path in _folders(Path(where)).items()}


def _folders(path: Path) -> dict[str, Path]:
    """The scenario folders by their names."""
    if not path.is_dir():
        raise InputError(
            f"{path}: no such folder; name a SpecBench checkout, a folder of scenario folders, "
            "or hf:OWNER/NAME"
        )
    if (path / PROMPTS).is_file():
        return {path.resolve().name: path}
    for base in (path / "data", path):
        folders = {
            folder.name: folder for folder in sorted(base.glob("*")) if (folder / PROMPTS).is_file()
        }
        if folders:
            return folders
    raise InputError(
        f"{path}: no scenario there; a scenario is a folder with {PROMPTS}, {SPECS} and {ABOUT}"
    )
