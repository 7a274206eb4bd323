"""Wording for sentences about figures: changes with their intervals, and names for trainings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from specloop.outcomes import outcome_of
from specloop.records import Figure, Outcome
from specloop.report.comparison import Change, ShownEvaluations, is_model_name
from specloop.report.figure_text import difference_interval_text, difference_text, value_of

SEPARATE = "; from two separate intervals, so wider than a paired one"
"""The remark on the interval of a difference that is not paired."""


class Statement(NamedTuple):
    """A sentence generated from the figures, and the outcome of its figure."""

    text: str
    outcome: Outcome = "unknown"
    details: tuple[str, ...] = ()
    """The single facts that the sentence sums up."""


def compared(
    begin: str, values: str, change: Change, ends: Mapping[str, Figure | None], subject: str = ""
) -> Statement:
    """What a change says of both its sides, named in `ends`; `subject` is the figure if it has no
    value on one side."""
    missing = not_compared(subject or begin, ends)
    if missing is not None:
        return missing
    difference = change.difference
    said = change_text(difference, "" if change.is_paired else SEPARATE) + noise_text(difference)
    return Statement(f"{begin}: {values}, {said}. {unscored_text(ends)}".strip(), change.outcome)


def change_text(difference: Figure | None, note: str = "") -> str:
    """`+12.0 points (+8.1 to +15.9)`, with a note on the interval inside the brackets."""
    interval = difference_interval_text(difference)
    return f"{difference_text(difference)} ({interval}{note})" if interval else "no interval known"


def noise_text(difference: Figure | None, noun: str = "change", cases: str = "cases") -> str:
    """The remark after a change that is only noise or left open; empty for any other."""
    endings: dict[Outcome, str] = {
        "noise": f": within noise, so no {noun} is shown",
        "open": f": left open, for the unscored {cases} could turn it around",
    }
    return endings.get(outcome_of(difference), "")


def not_compared(subject: str, ends: Mapping[str, Figure | None]) -> Statement | None:
    """Why two sides, named in `ends`, cannot be compared; None if both have a value."""
    missing = [name for name, figure in ends.items() if value_of(figure) is None]
    if not missing:
        return None
    recorded = all(ends[name] is not None for name in missing)
    why = "no case could be scored" if recorded else "not measured"
    text = f"{subject}: {why} {' and '.join(missing)}. {unscored_text(ends)}".strip()
    return Statement(text)


def unscored_text(ends: Mapping[str, Figure | None], noun: str = "cases") -> str:
    """The unscored cases of each side by its name; empty if all were scored."""
    measured = {name: figure for name, figure in ends.items() if figure}
    if not any(figure.n_unscored for figure in measured.values()):
        return ""
    parts = [f"{m.n_unscored:,} of {m.n + m.n_unscored:,} {name}" for name, m in measured.items()]
    return f"Unscored {noun}: {', '.join(parts)}."


def trainer_text(contrast: ShownEvaluations, label: str) -> str:
    """How a model was trained; for an evaluated model that was not trained here, its name."""
    training = contrast.trainings.get(label)
    return training.title if training else label


def trained_text(contrast: ShownEvaluations, label: str) -> str:
    """The subject of a sentence about a trained model."""
    name = trainer_text(contrast, label)
    return name if is_model_name(label) else f"the model trained by {name}"


def is_preference_part(contrast: ShownEvaluations, label: str, baseline: str) -> bool:
    """Whether a training differs from that of the baseline only in its loss: they share base, pairs
    and the settings that both have."""
    first, second = (contrast.trainings.get(key) for key in (label, baseline))
    if first is None or second is None:
        return False
    same = first.base == second.base and first.pairs_digest == second.pairs_digest
    shared = first.settings.keys() & second.settings.keys()
    return same and all(first.settings[key] == second.settings[key] for key in shared)


def first_upper(text: str) -> str:
    """The text with an upper-case first letter."""
    return text[:1].upper() + text[1:]
