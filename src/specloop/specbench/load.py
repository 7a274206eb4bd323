"""Scenarios in SpecBench's files.

A scenario's folder holds `scenario.json` (name, description), `specifications.json` (two lists of
specs) and `prompts.json` (a list of rows of five strings). What does not have that form is an
InputError that names the file, the row and the field.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from specloop.errors import InputError
from specloop.records import Scenario, ScenarioRow
from specloop.specbench.checking import ScenarioHead, make_scenario
from specloop.specbench.jsonfile import read_json, shown, write_json

PROMPTS, SPECS, ABOUT = "prompts.json", "specifications.json", "scenario.json"
_SAFETY, _BEHAVIORAL = "safety_specifications", "behavioral_specifications"


def read_scenario(folder: Path) -> Scenario:
    """The scenario of one folder, whose name is its key."""
    about, specs = _object(folder / ABOUT), _object(folder / SPECS)
    rows = read_json(folder / PROMPTS)
    if not isinstance(rows, list):
        raise InputError(f"{folder / PROMPTS}: must hold a list of rows, like [{{...}}, ...]")
    head = ScenarioHead(
        key=folder.resolve().name,
        where=str(folder / SPECS),
        name=_field(about, "name", folder / ABOUT),
        description=_field(about, "description", folder / ABOUT),
        safety=_field(specs, _SAFETY, folder / SPECS),
        behavioral=_field(specs, _BEHAVIORAL, folder / SPECS),
    )
    return make_scenario(head, cast(list[Any], rows), str(folder / PROMPTS))


def write_scenario(folder: Path, scenario: Scenario) -> None:
    """Write a scenario's three files, as SpecBench has them, into its own folder, whose name
    becomes its key when it is read."""
    specs = scenario.specs
    rows = [ScenarioRow.of(row).model_dump(mode="json") for row in scenario.rows]
    write_json(folder / ABOUT, {"name": scenario.name, "description": scenario.description})
    write_json(folder / SPECS, {_SAFETY: list(specs.safety), _BEHAVIORAL: list(specs.behavioral)})
    write_json(folder / PROMPTS, rows)


def _object(path: Path) -> Mapping[str, Any]:
    content = read_json(path)
    if not isinstance(content, dict):
        raise InputError(f"{path}: must hold an object, like {{...}}, not {shown(content)}")
    return cast(dict[str, Any], content)


def _field(content: Mapping[str, Any], name: str, path: Path) -> Any:
    if name not in content:
        close = difflib.get_close_matches(name, list(content), n=1)
        hint = f" Did you mean it by {close[0]!r}?" if close else ""
        raise InputError(f"{path}: {name!r} is missing.{hint}")
    return content[name]
