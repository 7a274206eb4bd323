"""What a judge says of an answer, rule by rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, ClassVar, Literal, Self

from pydantic import Field

from specloop.records.answers import ProtocolName
from specloop.records.base import Cost, Record, Value, optional
from specloop.records.conversation import MadeBy
from specloop.records.gold import Refusal

VerdictValue = Literal["YES", "NO", "NA", "unscored"]
VerdictKind = Literal["check", "model", "human"]

CODE = "code"
"""The model of a judge that asks none."""


class Verdict(Value):
    """A judge's word on one rule for one answer."""

    answer: str = ""
    """Empty until the judgement is made that it is part of; `judge` likewise."""
    rule: str
    value: VerdictValue
    kind: VerdictKind = "model"
    """`check`: decided by code."""
    judge: str = ""
    """Its name and model, or `check`."""
    rationale: str = ""
    probability: float | None = None
    """Of YES among YES, NO and NA, where known."""
    parts: tuple[float, ...] = optional(())
    """The members' probabilities of YES that `probability` is made of, in the judge's order; empty
    for a judge without such members, and where one of them gave none."""
    over_applied: bool = False
    """NO because a conditional rule was applied where its condition does not hold."""
    guide: str = optional("")
    """Digest of the rubric that the judge was shown with the rule; empty without one."""


class Judgement(Record):
    """A judge's verdicts on one answer, one a rule, with what it wrote and what that took."""

    FILE: ClassVar[str] = "judgements.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = (
        "answer",
        "judge",
        "settings",
        "model",
        "protocol",
        "request_digest",
    )

    answer: str
    judge: str
    """Its name, such as `sequential`."""
    settings: dict[str, Any] = Field(default_factory=dict)
    model: str
    protocol: ProtocolName = "specloop"
    request_digest: str = ""
    """Digest of the wording and of the model's options that decide a reply; empty where not
    known."""
    verdicts: tuple[Verdict, ...]
    wordings: str = optional("")
    """Digest of the rules' wordings, where that is kept; empty where it is not known."""
    raw: str = ""
    """What the judge wrote, where one reply holds all verdicts."""
    n_repairs: int = 0
    """Further calls that were needed because a reply could not be read."""
    n_hidden: int = 0
    """Characters of the answer that the judge was not shown, since they were too many for it."""
    n_split: int = optional(0)
    """Verdicts on which the members of a panel differ."""
    n_passed_on: int = optional(0)
    """Verdicts that a cascade left to its strong judge; about the others it was not asked."""
    n_confirmed: int = optional(0)
    """Those passed on of which the strong judge said what the cheap one had said."""
    strong_tokens: int = optional(0)
    """Tokens in and out of the strong judge's calls."""
    n_swapped: int | None = Field(default=None, exclude_if=lambda value: value is None)
    """Verdicts that differ between the orders in which the judge asked; None: it asked in one."""
    position_lean: float | None = Field(default=None, exclude_if=lambda value: value is None)
    """Share of votes for the answer that was shown first, minus that for the other, of a judge that
    compares two answers in both orders."""
    suspicions: tuple[str, ...] = ()
    """Signs that the judged text tries to write the verdict itself."""
    cost: Cost = Cost()
    """Of every call for it."""
    costs: dict[str, Cost] = optional({})
    """The same by model, of a judge that has several."""
    read_cost: Cost | None = None
    """Of the replies alone that the verdicts were read from, where they are told apart."""
    read_from: str = ""
    """Digest of the result file that it was read from; empty for what was made here."""

    @classmethod
    def of(cls, verdicts: Iterable[Verdict], **about: Any) -> Self:
        """The judgement that some verdicts make; they say from then on whose they are, and on what
        answer."""
        return cls(verdicts=(), **about).with_verdicts(verdicts)

    def with_verdicts(self, verdicts: Iterable[Verdict]) -> Self:
        """The judgement with other verdicts."""
        label = f"{self.judge}:{self.model}" if self.model != CODE else self.judge
        own = tuple(self._own(verdict, label) for verdict in verdicts)
        return self.model_copy(update={"verdicts": own})

    def _own(self, verdict: Verdict, label: str) -> Verdict:
        judge = "check" if verdict.kind == "check" else label
        return verdict.model_copy(update={"answer": self.answer, "judge": judge})


def verdicts_of(judgements: Iterable[Judgement]) -> Iterator[Verdict]:
    """Every verdict, judgement by judgement."""
    return chain.from_iterable(judgement.verdicts for judgement in judgements)


class RefusalVerdict(Record):
    """How far an answer refuses, by a refusal judge that asks a model."""

    FILE: ClassVar[str] = "refusals.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("answer", "judge", "settings", "model", "request_digest")

    answer: str
    judge: str
    settings: dict[str, Any] = Field(default_factory=dict)
    model: str
    request_digest: str
    """Digest of the wording."""
    refusal: Refusal | None = None
    """None where it is open."""
    reason: str = ""


class QualityScore(Record):
    """The quality judge's score of an answer, in [0, 1]; None means it could not be read."""

    FILE: ClassVar[str] = "qualities.jsonl"

    answer: str
    score: float | None
    judge: str
    reason: str = ""
    """Why there is no score."""
    suspicions: tuple[str, ...] = ()
    made_by: MadeBy | None = None
