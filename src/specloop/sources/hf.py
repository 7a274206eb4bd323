"""Scenarios from a data set on the Hugging Face Hub in the form of `zzzhr97/SpecBench`.

Each split is a scenario, and every row repeats its scenario's name, description and specs in
columns `safety_spec_1`, `safety_spec_2`, ... (empty where the scenario has fewer).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, ClassVar

from specloop.errors import InputError, MissingExtraError
from specloop.records import Scenario
from specloop.scrub import register_environment
from specloop.sources import BenchmarkSource, sources
from specloop.specbench.load import FIELDS, ScenarioHead, make_scenario

EXTRA = "hub"
_ABOUT = ("scenario", "scenario_description")


@sources.register("hf")
class Hub(BenchmarkSource):
    """A data set on the Hugging Face Hub, `hf:OWNER/NAME`."""

    is_path: ClassVar[bool] = False

    def scenarios(self, where: str) -> dict[str, Callable[[], Scenario]]:
        """One scenario for each split. MissingExtraError without `datasets`."""
        return scenarios_of_splits(_splits(where), f"hf:{where}")


def _splits(name: str) -> Mapping[str, Iterable[Mapping[str, Any]]]:
    # `datasets` would read a path, such as `..`, from this disk.
    if not re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", name):
        raise InputError(f"hf:{name}: no name on the Hub; name it as OWNER/NAME, or give a folder")
    try:
        import datasets
    except ImportError:
        raise MissingExtraError(f"hf:{name}", EXTRA) from None
    register_environment()
    try:
        splits: Any = datasets.load_dataset(name)
    except Exception as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"hf:{name}: cannot be loaded ({first}); name it as OWNER/NAME, or give a folder"
        ) from None
    return splits


def scenarios_of_splits(
    splits: Mapping[str, Iterable[Mapping[str, Any]]], where: str
) -> dict[str, Callable[[], Scenario]]:
    """A scenario for each split, its key the split's name."""
    return {
        key: partial(scenario_of_rows, key, rows, f"{where}: split {key}")
        for key, rows in splits.items()
    }


def scenario_of_rows(key: str, rows: Iterable[Mapping[str, Any]], where: str) -> Scenario:
    """The scenario of one split; InputError if its rows do not agree on it."""
    listed = list(rows)
    if not listed:
        raise InputError(f"{where}: there are no rows")
    head = _head(key, listed[0], where)
    for number, row in enumerate(listed):
        if _head(key, row, where) != head:
            raise InputError(
                f"{where}: row {number} (counted from 0): its scenario or specs are not those of "
                "row 0; a split must hold one scenario"
            )
    fields = [{name: row[name] for name in FIELDS if name in row} for row in listed]
    return make_scenario(head, fields, where)


def _head(key: str, row: Mapping[str, Any], where: str) -> ScenarioHead:
    for name in _ABOUT:
        if name not in row:
            raise InputError(f"{where}: the column {name!r} is missing")
    return ScenarioHead(
        key=key,
        where=where,
        name=row["scenario"],
        description=row["scenario_description"],
        safety=_numbered(row, "safety_spec_"),
        behavioral=_numbered(row, "behavioral_spec_"),
    )


def _numbered(row: Mapping[str, Any], prefix: str) -> list[Any]:
    """The non-empty values of columns `prefix` 1, 2, ... in the order of their numbers."""
    numbers = sorted(int(m[1]) for name in row if (m := re.fullmatch(rf"{prefix}(\d+)", name)))
    values = [row[f"{prefix}{number}"] for number in numbers]
    return [value for value in values if value not in (None, "")]
