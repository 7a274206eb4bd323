"""The run itself: its stages, their cost, failures, and how it was made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from specloop.report.data import CostNote, ReportData, StageNote

_ORDER = ("rules", "instances", "probes", "synth", "pairs", "train", "eval", "report")
N_REASONS = 3


class StageState(NamedTuple):
    """How many records of a kind the run has; `missing` says what does not exist yet."""

    name: str
    n: int
    missing: str


class CostRow(NamedTuple):
    """One role's cost in a stage; the stage's own time is in its first row."""

    stage: str
    seconds: str
    role: str
    calls: str
    cached: str
    prompt_tokens: str
    completion_tokens: str
    wall: str


class FailureRow(NamedTuple):
    """How often a stage failed on an item, with the most common reasons."""

    stage: str
    n: int
    reasons: tuple[str, ...]


class SettingEntry(NamedTuple):
    """A key and its value, as text."""

    key: str
    value: str


def states(data: ReportData) -> tuple[StageState, ...]:
    """The provenance chain, record kind by record kind."""
    held = (
        ("sections", data.sections, "The document has not been cut into sections."),
        ("rules", data.rules, "No rule has been read from the document yet."),
        ("instances", data.instances, "No instance has been drawn yet."),
        ("probes", data.probes, "No probe has been written yet."),
        ("exchanges", data.exchanges, "No exchange has been held yet."),
        ("verdicts", data.verdicts, "No answer has been judged yet."),
        ("pairs", data.pairs, "There are no preference pairs yet."),
        ("trainings", data.trainings, "No model has been trained yet."),
        (
            "evaluations",
            data.evaluations,
            "Nothing has been evaluated yet, so there are no figures.",
        ),
    )
    return tuple(
        StageState(name, len(records), "" if records else why) for name, records, why in held
    )


def cost_rows(data: ReportData) -> tuple[CostRow, ...]:
    """Cost and time by stage and role, in pipeline order."""
    return tuple(
        row
        for name, note in sorted(data.manifest.stages.items(), key=_place)
        for row in _rows(name, note)
    )


def seconds_total(data: ReportData) -> float:
    """Wall time of all stages that recorded one."""
    return sum(note.seconds or 0.0 for note in data.manifest.stages.values())


def failure_rows(data: ReportData) -> tuple[FailureRow, ...]:
    """Failures by stage."""
    stages = Counter(failure.stage for failure in data.failures)
    return tuple(
        FailureRow(
            stage,
            n,
            tuple(
                f"{reason} ({times}×)"
                for reason, times in Counter(
                    f.reason for f in data.failures if f.stage == stage
                ).most_common(N_REASONS)
            ),
        )
        for stage, n in stages.most_common()
    )


def seed_entries(data: ReportData) -> tuple[SettingEntry, ...]:
    """All seeds of the configuration with their tables."""
    return tuple(
        SettingEntry(key, value)
        for key, value in _leaves(data.manifest.config)
        if "seed" in key.split(".")[-1]
    )


def config_entries(data: ReportData) -> tuple[SettingEntry, ...]:
    """The resolved configuration, one setting per line."""
    return tuple(SettingEntry(key, value) for key, value in _leaves(data.manifest.config))


def duration_text(seconds: float | None) -> str:
    """`48 s`, `3 min 20 s`, `2 h 05 min`; a dash if unknown."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def size_text(n_bytes: int) -> str:
    """`840 KB`, `3.1 MB`."""
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes >= 1e6 else f"{max(1, round(n_bytes / 1e3))} KB"


def _rows(stage: str, note: StageNote) -> Iterator[CostRow]:
    seconds = duration_text(note.seconds) if note.done else "not finished"
    if not note.cost:
        yield CostRow(stage, seconds, "no model" if note.done else "", "", "", "", "", "")
    for index, (role, cost) in enumerate(sorted(note.cost.items())):
        first = index == 0
        yield _row(stage if first else "", seconds if first else "", role, cost)


def _row(stage: str, seconds: str, role: str, cost: CostNote) -> CostRow:
    return CostRow(
        stage,
        seconds,
        role,
        f"{cost.n_calls:,}",
        f"{cost.n_cached:,}",
        f"{cost.prompt_tokens:,}",
        f"{cost.completion_tokens:,}",
        duration_text(cost.wall_s),
    )


def _place(item: tuple[str, StageNote]) -> tuple[int, str]:
    name = item[0]
    place = next((i for i, known in enumerate(_ORDER) if name.startswith(known)), len(_ORDER))
    return place, name


def _leaves(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")  # pyright: ignore[reportUnknownArgumentType]
        else:
            yield f"{prefix}{key}", str(value)
