"""Check the names that an option of a command has changed, even if the command does not need them,
because they are noted in the run folder and a later command would fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, get_args

from specloop.config import PLAIN, Config, RoleName, origin_of
from specloop.errors import InputError, MissingExtraError
from specloop.llm.backends import resolve
from specloop.pipeline.run import Run
from specloop.pipeline.specbench import check_methods
from specloop.synth.seeds import read_seeds

_OPTION = "--"
"""The beginning of the origin of a value that an option has set, such as `--set`."""


def _check_document(config: Config) -> None:
    path = config.document.path
    if path and not Path(path).is_file():
        raise InputError(f"document.path: {path}: no such file")


def _check_seeds(config: Config) -> None:
    if config.seeds.path:
        read_seeds(Path(config.seeds.path), config.seeds)


_BY_NAME: Mapping[tuple[str, str], Callable[[Config], object]] = {
    ("document", "path"): _check_document,
    ("seeds", "path"): _check_seeds,
    ("specbench", "methods"): check_methods,
}
"""Values that name something, and the functions that find it."""


def checks_of_changes(run: Run) -> Iterator[Callable[[], object]]:
    """Checks of the names that options have set and that the folder does not note yet. Nothing is
    asked, and no key or package need be there."""
    for (table, key), check in _BY_NAME.items():
        if _is_changed(run, table, key):
            yield partial(check, run.config)
    for role in get_args(RoleName):
        if _is_changed(run, "roles", role):
            yield partial(_check_role, run.config, role)


def _is_changed(run: Run, table: str, key: str) -> bool:
    new: dict[str, Any] = run.config.model_dump(mode="json", include={table: {key}})
    noted = run.folder.manifest().get("config", {}).get(table)
    if isinstance(noted, dict) and noted.get(key) == new[table][key]:
        return False
    place = f"{table}.{key}"
    inside = [origin for name, origin in run.origins.items() if name.startswith(f"{place}.")]
    return any(one.startswith(_OPTION) for one in [origin_of(run.origins, place), *inside])


def _check_role(config: Config, role: RoleName) -> None:
    settings = config.roles.of(role)
    if settings.model == PLAIN:
        return
    try:
        resolve(settings.model, **settings.options)
    except MissingExtraError:
        return
    except InputError as error:
        raise InputError(f"roles.{role}: {error}") from None
