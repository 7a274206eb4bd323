"""What a judge says of an answer, rule by rule."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from specloop.records.answers import ProtocolName
from specloop.records.base import Record, Value
from specloop.records.conversation import MadeBy
from specloop.records.cost import Cost
from specloop.records.document import Category

VerdictValue = Literal["YES", "NO", "NA", "unscored"]


class Verdict(Record):
    """A judge's answer on one (answer, rule)."""

    FILE: ClassVar[str] = "verdicts.jsonl"

    answer: str
    rule: str
    value: VerdictValue
    judge: str
    kind: Literal["check", "llm"]
    rationale: str = ""
    probability: float | None = None
    """The judge's probability of YES, where known."""
    over_applied: bool = False
    """NO because a conditional rule was applied where its condition does not hold."""
    suspicions: tuple[str, ...] = ()
    """Signs that the judged text tries to write its own verdict; such a verdict is unscored."""
    made_by: MadeBy | None = None


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


class SpecVerdict(Value):
    """A judge's verdict on one spec."""

    category: Category
    number: int
    """From 1 within its category."""
    value: VerdictValue
    rationale: str = ""
    probability: float | None = None
    """Of YES among YES, NO and NA, where known."""
    kind: Literal["check", "llm"] = "llm"
    """`check`: decided by code."""
    over_applied: bool = False
    """NO because a conditional spec was applied where its condition does not hold."""


class Judgement(Record):
    """A judge's verdicts on one answer, one a spec."""

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
    """Mode: joint, sequential, logprob."""
    settings: dict[str, Any] = Field(default_factory=dict)
    model: str
    protocol: ProtocolName = "specloop"
    request_digest: str = ""
    """Digest of the wording and of the model's options that decide a reply; empty where not
    known."""
    verdicts: tuple[SpecVerdict, ...]
    raw: str = ""
    """What the judge wrote, where one reply holds all verdicts."""
    n_repairs: int = 0
    """Further calls that were needed because a reply could not be read."""
    n_hidden: int = 0
    """Characters of the answer that the judge was not shown, since they were too many for it."""
    suspicions: tuple[str, ...] = ()
    """Signs that the judged text tries to write the verdict itself."""
    cost: Cost = Cost()
    """Of every call for it."""
    read_cost: Cost | None = None
    """Of the replies alone that the verdicts were read from, where they are told apart."""
    made_by: MadeBy | None = None
    read_from: str = ""
    """Digest of the result file that it was read from; empty for what was made here."""
