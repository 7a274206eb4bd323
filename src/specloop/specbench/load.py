"""Scenarios in SpecBench's files, checked.

A scenario's folder holds `scenario.json` (name, description), `specifications.json` (two lists of
specs) and `prompts.json` (a list of rows of five strings). What does not have that form is an
InputError that names the file, the row and the field. Rows are counted from 0, as in the published
notes on SpecBench's data; specs from 1, as judges see them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from pydantic import ValidationError

from specloop.errors import InputError, did_you_mean
from specloop.jsontext import cleaned, first_fault, read_json
from specloop.records import Case, Scenario, ScenarioRow, Specs
from specloop.records.conversation import transcript
from specloop.store import write_text

PROMPTS, SPECS, ABOUT = "prompts.json", "specifications.json", "scenario.json"
_SAFETY, _BEHAVIORAL = "safety_specifications", "behavioral_specifications"
FIELDS = ("adversarial_prompt", "prompt", "label", "source", "answer")
"""Of a row, in the files' order."""
CONVERSATION = "conversation"
"""A field that a row may have besides: all turns, as the chat APIs have them."""
LABELS = ("safe", "unsafe")
_FILLED = ("adversarial_prompt", "prompt")
_MAY_BE_EMPTY = ("source", "answer")


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
        hint = did_you_mean(name, content).replace("mean", "mean it by", 1)
        raise InputError(f"{path}: {name!r} is missing.{hint}")
    return content[name]


class ScenarioHead(NamedTuple):
    """A scenario without its rows, not checked yet."""

    key: str
    where: str
    """What messages call the place of the specs."""
    name: Any
    description: Any
    safety: Any
    behavioral: Any


def make_scenario(head: ScenarioHead, rows: Iterable[Any], where: str) -> Scenario:
    """The checked scenario; `where` is what messages call the place of the rows."""
    cases = tuple(checked_row(head.key, raw, number, where) for number, raw in enumerate(rows))
    if not cases:
        raise InputError(f"{where}: there are no rows")
    asked = [transcript(row.conversation) or row.request for row in cases]
    _no_twice(asked, f"{where}: row", "adversarial_prompt", 0)
    specs = Specs(
        safety=_specs(head.safety, f"{head.where}: safety spec"),
        behavioral=_specs(head.behavioral, f"{head.where}: behavioral spec"),
    )
    if not specs.listed():
        raise InputError(f"{head.where}: there are no specs; write one, of safety or behavioral")
    return Scenario(
        key=head.key,
        name=_string(head.name, f"scenario {head.key}: name"),
        description=_string(head.description, f"scenario {head.key}: description"),
        specs=specs,
        rows=cases,
    )


def checked_row(key: str, raw: Any, number: int, where: str) -> Case:
    """One row of the scenario `key`; InputError names the place, the row, the field and the
    remedy."""
    place = f"{where}: row {number} (counted from 0)"
    if not isinstance(raw, Mapping):
        raise InputError(f"{place}: must be an object with the fields {', '.join(FIELDS)}")
    fields = cast(Mapping[str, Any], raw)
    _complete(fields, place)
    label = fields["label"]
    if label not in LABELS:
        hint = did_you_mean(str(label).strip().lower(), LABELS)
        raise InputError(f"{place}: label must be safe or unsafe, not {shown(label)}.{hint}")
    for name in _FILLED:
        if not fields[name].strip():
            raise InputError(f"{place}: {name} is empty; write the prompt or take the row out")
    turns = {CONVERSATION: fields[CONVERSATION]} if fields.get(CONVERSATION) else {}
    row = {name: fields[name] for name in FIELDS} | turns
    try:
        return ScenarioRow.model_validate(row).as_case(key, number)
    except ValidationError as error:
        raise InputError(f"{place}: {first_fault(error, CONVERSATION)}") from None
    except InputError as error:
        raise InputError(f"{place}: {CONVERSATION}: {error}") from None


def _complete(fields: Mapping[str, Any], place: str) -> None:
    missing = [name for name in FIELDS if name not in fields]
    for name in fields:
        if name not in (*FIELDS, CONVERSATION):
            remedy = did_you_mean(name, missing) or " Take it out"
            raise InputError(f"{place}: unknown field {name!r}.{remedy}")
    for name in missing:
        remedy = "add it, empty where there is none" if name in _MAY_BE_EMPTY else "add it"
        raise InputError(f"{place}: {name!r} is missing; {remedy}")
    for name in FIELDS:
        _string(fields[name], f"{place}: {name}")


def _specs(texts: Any, what: str) -> tuple[str, ...]:
    if not isinstance(texts, list):
        raise InputError(f"{what}s: must be a list of strings, empty where there are none")
    specs = tuple(_string(text, f"{what} {n}") for n, text in enumerate(cast(list[Any], texts), 1))
    for number, text in enumerate(specs, 1):
        if not text.strip():
            raise InputError(f"{what} {number}: is empty; write it or take it out")
    _no_twice(specs, what, "", 1)
    return specs


def _string(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"{what} must be a string, not {shown(value)}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"{what}: half a character (a lone surrogate) at {error.start}; repair the text"
        ) from None
    return value


def _no_twice(texts: Sequence[str], what: str, field: str, first: int) -> None:
    seen: dict[str, int] = {}
    for number, text in enumerate(texts, first):
        if text in seen:
            named = f" {field}" if field else ""
            raise InputError(
                f"{what} {number}:{named} is the same as that of {seen[text]}: {shown(text)}; "
                "take one out"
            )
        seen[text] = number


def write_json(path: Path, content: Any) -> None:
    """Replace a JSON file as SpecBench writes them: indented by 4, not ASCII-escaped, no newline
    at the end."""
    text = json.dumps(cleaned(content), indent=4, ensure_ascii=False)
    write_text(path, text)


def shown(value: object) -> str:
    """A wrong value as messages show it, on one line and not too long."""
    text = "null" if value is None else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
