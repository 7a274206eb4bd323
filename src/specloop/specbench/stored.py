"""What a run folder holds of a benchmark: scenarios, rows, answers and judgements."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from specloop.errors import InputError
from specloop.files import is_there, read_file
from specloop.jsontext import first_fault
from specloop.records import (
    Answer,
    Case,
    Failure,
    Judgement,
    Scenario,
    Specs,
    Timing,
    Value,
)
from specloop.store import RunFolder

SCENARIOS_FILE = "scenarios.json"
_REMEDY = "use another folder for the changed benchmark"


class Stored(NamedTuple):
    """Everything of a benchmark in one run folder."""

    scenarios: tuple[Scenario, ...]
    """With the rows that the folder has of each, by their number."""
    rows: tuple[Case, ...]
    answers: tuple[Answer, ...]
    judgements: tuple[Judgement, ...]
    failed: frozenset[str] = frozenset()
    """Ids of answers that were asked for and could not be had."""


class _Outline(Value):
    """A scenario without its rows, as stored."""

    key: str
    name: str
    description: str = ""
    safety: tuple[str, ...]
    behavioral: tuple[str, ...]


def write_scenarios(folder: RunFolder, scenarios: Iterable[Scenario]) -> None:
    """Keep the scenarios' texts; their rows lie in `cases.jsonl`."""
    outlines = [
        _Outline(
            key=scenario.key,
            name=scenario.name,
            description=scenario.description,
            safety=scenario.specs.safety,
            behavioral=scenario.specs.behavioral,
        ).model_dump()
        for scenario in scenarios
    ]
    folder.write_text(SCENARIOS_FILE, json.dumps(outlines, indent=2, ensure_ascii=False) + "\n")


def keep(folder: RunFolder, scenarios: Iterable[Scenario]) -> int:
    """Add scenarios and their rows to what the folder has; how many other rows it has of earlier
    data or subsets.

    InputError where it has a scenario of the same name with other specs, description or rows.
    """
    known = {o.key: o for o in _outlines(folder)} if is_there(folder / SCENARIOS_FILE) else {}
    by_key = {key: _filled(outline, ()) for key, outline in known.items()}
    stored = [row for row in folder.read(Case) if not row.is_probe]
    rows: list[Case] = []
    for one in scenarios:
        if one.key in by_key:
            _check_same(folder / SCENARIOS_FILE, by_key[one.key], one)
        by_key[one.key] = one
        rows += one.rows
    _check_rows(folder / Case.FILE, stored, rows)
    write_scenarios(folder, by_key.values())
    folder.append_new(rows)
    return len({row.id for row in stored} - {row.id for row in rows})


def _check_same(path: Path, known: Scenario, given: Scenario) -> None:
    for what, differs in (
        ("other specs", known.specs != given.specs),
        ("another description", known.description != given.description),
    ):
        if differs:
            raise InputError(f"{path}: {given.key} has {what} there than in the data; {_REMEDY}")


def _check_rows(path: Path, stored: Sequence[Case], given: Sequence[Case]) -> None:
    """Rows that only changed their places are the same rows."""
    ids, kept = {row.id for row in stored}, {row.id for row in given}
    places = {(row.scenario, row.number) for row in stored if row.id not in kept}
    for row in given:
        if row.id not in ids and (row.scenario, row.number) in places:
            raise InputError(
                f"{path}: {row.scenario}[{row.number}] has other content there than in the data; "
                f"{_REMEDY}"
            )


def read_stored(folder: RunFolder) -> Stored:
    """All of it; InputError where the folder has no benchmark or its scenarios cannot be read."""
    rows = tuple(row for row in folder.read(Case) if not row.is_probe)
    scenarios = tuple(_filled(outline, rows) for outline in _outlines(folder))
    known = {scenario.key for scenario in scenarios}
    for row in rows:
        if row.scenario not in known:
            raise InputError(
                f"{folder / Case.FILE}: row {row.id}: scenario {row.scenario!r} is not in "
                f"{SCENARIOS_FILE}; generate again with that scenario, or delete the row"
            )
    answers = tuple(_timed(folder))
    failed = {one.record for one in folder.read(Failure) if one.record}
    failed -= {answer.id for answer in answers}
    ids = {answer.id for answer in answers}
    judgements = tuple(one for one in folder.read(Judgement) if one.answer in ids)
    return Stored(scenarios, rows, answers, judgements, frozenset(failed))


def bench_answers(folder: RunFolder) -> Iterator[Answer]:
    """Those to rows of a benchmark: a folder may hold a run's answers to its own probes as well."""
    return (one for one in folder.read(Answer) if one.method and not one.entrant)


def _timed(folder: RunFolder) -> Iterator[Answer]:
    """The answers with the times that lie beside them."""
    times = {one.answer: one.wall_s for one in folder.read(Timing)}
    for answer in bench_answers(folder):
        wall_s = times.get(answer.id, answer.cost.wall_s)
        yield answer.model_copy(update={"cost": answer.cost.model_copy(update={"wall_s": wall_s})})


def _outlines(folder: RunFolder) -> Sequence[_Outline]:
    path = folder / SCENARIOS_FILE
    if not is_there(path):
        raise InputError(f"{path}: nothing there yet; run `specloop specbench generate` first")
    try:
        return TypeAdapter(list[_Outline]).validate_json(read_file(path))
    except ValidationError as error:
        raise InputError(
            f"{path}: {first_fault(error, 'file')}; restore it, or move it away and generate "
            "again: stored calls are not paid for again"
        ) from None


def _filled(outline: _Outline, rows: Sequence[Case]) -> Scenario:
    mine = sorted((r for r in rows if r.scenario == outline.key), key=lambda r: (r.number, r.id))
    return Scenario(
        key=outline.key,
        name=outline.name,
        description=outline.description,
        specs=Specs(safety=outline.safety, behavioral=outline.behavioral),
        rows=tuple(mine),
    )
