"""Measured models: figures with their numbers of cases."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from specloop.records.base import Record, Value
from specloop.records.cases import Told
from specloop.records.cost import Cost

Outcome = Literal["better", "worse", "noise", "changed", "open", "unknown"]


def _is_none(value: object) -> bool:
    return value is None


class Figure(Value):
    """One figure with its number of cases."""

    name: str
    group: str = ""
    """What it is about: empty for the total, or a rule id, 'held-out rules', ..."""
    value: float | None
    n: int
    ci_low: float | None = None
    ci_high: float | None = None
    n_unscored: int = 0
    bound_low: float | None = None
    """The value if every unscored case had failed; `bound_high`: if every one had passed."""
    bound_high: float | None = None
    p_value: float | None = None
    """The p-value of a paired difference: two-sided, from a sign-flip test over clusters."""
    p_holm: float | None = Field(default=None, exclude_if=_is_none)
    """The same, corrected for all comparisons of the figure."""
    outcome: Outcome | None = Field(default=None, exclude_if=_is_none)
    """The outcome of the difference (see `outcomes`)."""
    judge: str = "check"


class Evaluation(Record):
    """An entrant measured on the run's held-out probes."""

    FILE: ClassVar[str] = "evaluations.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("label", "model", "method", "told", "benchmark")

    label: str
    """Short name in tables: base, prompt-only, sft, dpo, dpo align3."""
    model: str
    of: str
    """What tables call its model."""
    method: str = "vanilla"
    settings: dict[str, Any] = Field(default_factory=dict)
    """The method's options that are not the defaults."""
    told: Told = "nothing"
    benchmark: str
    """Digest of the probes it was measured on."""
    against: str | None = None
    metrics: tuple[Figure, ...]
    """Its own rates."""
    differences: tuple[Figure, ...] = ()
    """Paired differences to `against`."""
    left_out: dict[str, str] = Field(default_factory=dict)
    """Figures that could not be measured, with the reason."""
    cost: Cost = Cost()
