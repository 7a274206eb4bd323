"""The run itself: its stages, their cost, failures, and how it was made."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from specloop.config.inline import written
from specloop.report.data import ReportData

_ORDER = ("rules", "instances", "probes", "synth", "pairs", "train", "eval", "report")
N_REASONS = 3


def run_part(data: ReportData) -> dict[str, Any]:
    """What both pages show of the run itself, by the names in the frame's template."""
    manifest = data.manifest
    settings = list(_leaves(manifest.config))
    return {
        "run": data,
        "costs": list(cost_rows(data)),
        "took": duration_text(sum(note.seconds or 0.0 for note in manifest.stages.values())),
        "failures": list(_failure_rows(data)),
        "made": (
            ("Versions", manifest.versions.items()),
            ("Seeds", [entry for entry in settings if "seed" in entry[0].split(".")[-1]]),
            ("Prompt digests", manifest.prompts.items()),
            ("Configuration", settings),
        ),
    }


def states(data: ReportData) -> tuple[tuple[str, int, str], ...]:
    """The provenance chain: kind of record, how many, and what does not exist yet if none does."""
    kinds = (
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
    return tuple((name, len(records), "" if records else why) for name, records, why in kinds)


def cost_rows(data: ReportData) -> Iterator[tuple[str, ...]]:
    """Cost and time by stage and role, in pipeline order: stage, time, role, calls, cached calls,
    tokens in, tokens out, model time. A stage's name and time are in its first row only."""
    for stage, note in sorted(data.manifest.stages.items(), key=lambda item: _place(item[0])):
        first = (stage, duration_text(note.seconds) if note.done else "not finished")
        if not note.cost:
            yield *first, "no model" if note.done else "", "", "", "", "", ""
        for role, cost in sorted(note.cost.items()):
            amounts = (cost.n_calls, cost.n_cached, cost.prompt_tokens, cost.completion_tokens)
            yield *first, role, *(f"{n:,}" for n in amounts), duration_text(cost.wall_s)
            first = ("", "")


def _failure_rows(data: ReportData) -> Iterator[tuple[str, int, str]]:
    """How often each stage failed on an item, with the most common reasons."""
    stages: dict[str, Counter[str]] = defaultdict(Counter)
    for failure in data.failures:
        stages[failure.stage][failure.reason] += 1
    for stage, reasons in sorted(stages.items(), key=lambda item: -item[1].total()):
        common = (f"{reason} ({times}×)" for reason, times in reasons.most_common(N_REASONS))
        yield stage, reasons.total(), "; ".join(common)


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


def _place(stage: str) -> tuple[int, str]:
    place = next((i for i, known in enumerate(_ORDER) if stage.startswith(known)), len(_ORDER))
    return place, stage


def _leaves(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")  # pyright: ignore[reportUnknownArgumentType]
        else:
            yield f"{prefix}{key}", value if isinstance(value, str) else written(value)
