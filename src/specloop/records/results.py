"""What a run brought: trained models, figures with their numbers of cases, failures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from specloop.records.base import Cost, Record, Value, optional, strategy_text
from specloop.records.cases import Told

Outcome = Literal["better", "worse", "noise", "changed", "open", "unknown"]
Belief = Literal["certified", "weak", "unmeasured"]
"""How far a judge is believed. Certified: both shares of right verdicts are above the bar, their
intervals included, on labels that resemble what is judged. Weak: measured, and not that good or not
on such labels. Unmeasured: too few labels to say, or none."""

Level = Literal["check"] | Belief
"""How a verdict is had: decided by code, or how far its judge is believed."""
LEVELS: tuple[Belief, ...] = ("certified", "weak", "unmeasured")
"""From the most believed on."""


_USUAL = 0.95
"""The level of intervals where nothing says otherwise."""


def intervals_text(confidence: float) -> str:
    """`80% intervals`; empty at the usual 95%."""
    return "" if confidence == _USUAL else f"{100 * confidence:g}% intervals"


def least_believed(levels: Iterable[Belief | Literal[""]]) -> Belief | Literal[""]:
    """The least believed of some levels; empty if there is none."""
    there = set(levels)
    for level in reversed(LEVELS):
        if level in there:
            return level
    return ""


class Corrected(Value):
    """A judged figure without the judge's errors, or why there is none."""

    value: float | None = None
    ci_low: float | None = None
    """The interval holds the judge's errors too."""
    ci_high: float | None = None
    by: Literal["certificate", "labels"] = "certificate"
    """`certificate`: by the judge's sensitivity and specificity (Rogan and Gladen). `labels`: by
    labels on some of the same answers (prediction-powered)."""
    n_labels: int = 0
    """The labels that it rests on."""
    labelled_by: str = optional("")
    """Whose labels they are: people's, or those of models, which are named."""
    why: str = optional("")
    """Why there is no value."""


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
    p_holm: float | None = Field(default=None, exclude_if=lambda value: value is None)
    """The same, corrected for all comparisons of the figure."""
    outcome: Outcome | None = Field(default=None, exclude_if=lambda value: value is None)
    """The outcome of the difference (see `outcomes`)."""
    judge: str = "check"
    belief: Belief | Literal[""] = optional("")
    """How far the judge is believed whose verdicts are in it; empty where there are none."""
    n_judged: int = optional(0)
    """How many of its cases a judge decided."""
    corrected: Corrected | None = optional(None)
    """The same without the judge's errors."""


class JudgeFigures(Record):
    """Figures of a judge that was measured."""

    judge: str
    """Its name; its options and wording are in `settings` and `request_digest`."""
    settings: dict[str, Any]
    model: str
    request_digest: str
    figures: tuple[Figure, ...]
    """In total and by group."""
    cost: Cost = Cost()
    """Of all its verdicts, as if none had been stored."""
    confidence: float = Field(default=_USUAL, exclude_if=lambda value: value == _USUAL)
    """The level of the figures' intervals; left out of the record where it is 0.95."""

    @property
    def intervals(self) -> str:
        """`80% intervals`; empty where they are at the usual 95%."""
        return intervals_text(self.confidence)

    @property
    def label(self) -> str:
        """What tables call the judge."""
        return f"{strategy_text(self.judge, self.settings)} {self.model}"

    def figure(self, name: str, group: str = "") -> Figure | None:
        """One of its figures."""
        found = (one for one in self.figures if one.name == name and one.group == group)
        return next(found, None)


class FamilyBelief(Value):
    """How far a judge is believed about the rules of one family."""

    family: str
    """Empty for rules of no family."""
    level: Belief
    group: str = ""
    """The group of the certificate that it rests on: the family's own, or that of small families
    together; empty for all its labels."""
    rules: tuple[str, ...] = ()
    """Ids of the family's rules that are judged."""
    n_kept: int = 0
    """The group's labels of kept rules; `n_broken`: of broken ones."""
    n_broken: int = 0
    needs: str = optional("")
    """What would certify it, in words; empty if it is certified."""


class JudgeBelief(Value):
    """How far the judge of an evaluation is believed, and why."""

    judge: str
    """Its name and model, as verdicts have them."""
    certificate: str = ""
    """Id of the certificate in use; empty if none fits."""
    confidence: float = Field(default=_USUAL, exclude_if=lambda value: value == _USUAL)
    """The level of the intervals that its levels rest on; left out where it is 0.95."""
    families: tuple[FamilyBelief, ...] = ()
    transport: tuple[str, ...] = ()
    """How what is judged differs from what the judge was measured on, in words."""
    remarks: tuple[str, ...] = ()
    """Certificates that are not used, whether the judge also chose training data, and whether it
    judges answers of its own model."""

    @property
    def by_rule(self) -> dict[str, FamilyBelief]:
        """The belief in verdicts on each rule."""
        return {rule: family for family in self.families for rule in family.rules}


class SecondLooks(Value):
    """What second looks at the violations that a model found have come to, in numbers of them."""

    judge: str
    """Who looked again: name and model."""
    confirmed: int
    false_alarms: int
    open: int
    """The second look could not be read."""
    not_looked_at: int = 0
    """The call for the second look failed."""
    kept: float
    """The share of the model's verdicts, YES or NO, that are YES."""
    kept_without_alarms: float
    """The same if false alarms count as kept."""


class Evaluation(Record):
    """An entrant measured on the run's held-out probes, or on another benchmark."""

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
    """Digest of the cases it was measured on."""
    source: str = optional("")
    """Where its cases are from, such as `folder:PATH`; empty for the run's held-out probes."""
    against: str | None = None
    metrics: tuple[Figure, ...]
    """Its own rates."""
    differences: tuple[Figure, ...] = ()
    """Paired differences to `against`."""
    left_out: dict[str, str] = Field(default_factory=dict)
    """Figures that could not be measured, with the reason."""
    second_look: SecondLooks | None = optional(None)
    """Of the violations that a model found, if they were looked at again; its figures are not
    changed by it."""
    belief: JudgeBelief | None = optional(None)
    """How far its judge is believed; None without one."""
    notes: tuple[str, ...] = optional(())
    """Whether refusals are told by the model that wrote the answers."""
    cost: Cost = Cost()


VALIDATION_JUDGE = "validation_judge"
"""The setting that names a judge to validate by."""


class TrainingRun(Record):
    """One training: where its model is and how it was chosen."""

    FILE: ClassVar[str] = "trainings.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("trainer", "base", "settings", "pairs_digest")

    trainer: str
    title: str
    """The trainer's name in a sentence."""
    preferences: bool
    """Whether it has learned from the rejected answers as well as from the chosen ones."""
    base: str
    settings: dict[str, Any]
    pairs_digest: str
    n_pairs: int
    pairs: tuple[str, ...] = optional(())
    """Ids of its pairs; none where nobody noted them."""
    document: str = optional("")
    """Digest of the version of the document that its pairs are for; empty where nobody noted it."""
    parent: str = optional("")
    """Id of the former training that it goes on from; empty: it began at the base."""
    changed: tuple[str, ...] = optional(())
    """Of one that goes on: the rules that have changed since its parent's document."""
    n_replayed: int = optional(0)
    """How many of its pairs are about other rules."""
    model_path: str
    """Merged model for `hf:`, relative to the run folder."""
    adapter_path: str = ""
    """LoRA adapter in PEFT's form, relative to the run folder; empty where all weights were
    trained, or none."""
    gguf_path: str = ""
    """F16 GGUF for `embedded:`, relative to the run folder."""
    best_step: int
    best_score: float | None
    """Validation score of the kept checkpoint: compliance of generated answers. None where nothing
    could be scored, so that the last checkpoint was kept."""
    stopped_early: bool = False
    kept_share: float = 1.0
    """Share of the weights' change that is in the model: between base (0) and trained (1)."""
    wall_s: float = 0.0
    peak_rss_mb: float = 0.0

    @property
    def validated_by(self) -> dict[str, str]:
        """What tells the judge that validated, besides code, from others; empty without one."""
        return self.settings.get(VALIDATION_JUDGE, {})

    def model_in(self, folder: Path) -> str:
        """The model's name, in the runtime that its base ran in, so that both are measured alike;
        `folder` is what its paths are relative to."""
        if self.gguf_path:
            return f"embedded:{folder / self.gguf_path}"
        return f"hf:{folder / self.model_path}"


class Failure(Record):
    """One item that failed while the run continued."""

    FILE: ClassVar[str] = "failures.jsonl"

    stage: str
    item: str
    reason: str
    kind: Literal["failed", "left out"] = "failed"
    """`left out`: the item was finished, but its result was not usable."""
    record: str = ""
    """The id of the record that was not made, if known: a later attempt may have made it."""
