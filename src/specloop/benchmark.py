"""Records of a benchmark in SpecBench's form: scenarios, their rows, answers and judgements.

A scenario is a task under one specification: safety and behavioural specs, and prompts that are to
be answered under them. A method's answer to one prompt is a `Deliberation`; a judge's verdicts on
every spec for it are a `Judgement`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from specloop.conversation import last_request, must_ask
from specloop.ended import End, Silence, end_of
from specloop.records import (
    Category,
    CheckCall,
    Cost,
    Finish,
    MadeBy,
    Message,
    Record,
    Sampling,
    Value,
    VerdictValue,
    optional,
)

Label = Literal["safe", "unsafe"]
Protocol = Literal["specloop", "reference"]
Form = Literal["plain", "native", "conversational"]
"""How a method had the model think on: not at all, by continuing its turn, or by further turns."""


PLAIN = "adversarial"
"""A setting of deliberations: False where the prompts were put as before the attack."""


class Spec(NamedTuple):
    """One spec with its number within its category, from 1."""

    category: Category
    number: int
    text: str
    check: CheckCall | None = None
    """Where code can decide it."""
    prohibits: bool | None = None
    """It forbids something; None: its wording tells."""


class Specs(Value):
    """The specification of a scenario, in the document's order."""

    safety: tuple[str, ...]
    behavioral: tuple[str, ...]

    @classmethod
    def of(cls, listed: Iterable[Spec]) -> Self:
        """The specification that some specs make, by category."""
        texts: dict[Category, list[str]] = {"safety": [], "behavioral": []}
        for spec in listed:
            texts[spec.category].append(spec.text)
        return cls.model_validate(texts)

    def listed(self) -> tuple[Spec, ...]:
        """Every spec, those of safety first."""
        parts: tuple[tuple[Category, tuple[str, ...]], ...] = (
            ("safety", self.safety),
            ("behavioral", self.behavioral),
        )
        return tuple(
            Spec(category, number, text)
            for category, texts in parts
            for number, text in enumerate(texts, 1)
        )


class BenchRow(Record):
    """One prompt of a scenario; the id does not depend on its place in the file."""

    FILE: ClassVar[str] = "rows.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = (
        "scenario",
        "adversarial_prompt",
        "prompt",
        "label",
        "source",
        "answer",
        "conversation",
    )

    scenario: str
    adversarial_prompt: str
    """What the model is asked."""
    prompt: str
    """The same before it was made adversarial: the query that the judge sees."""
    label: Label
    source: str = ""
    answer: str = ""
    """A reference answer; empty where there is none."""
    conversation: tuple[Message, ...] = optional(())
    """All turns, where there are more than the request; the last user turn is the adversarial
    prompt, and the judge sees the prompt in its place."""
    number: int = Field(default=0, ge=0)
    """Place in the scenario's file, from 0."""

    @model_validator(mode="after")
    def _asks(self) -> Self:
        if not self.conversation:
            return self
        must_ask(self.conversation)
        if last_request(self.conversation) != self.adversarial_prompt:
            raise ValueError("the last user turn of conversation must be adversarial_prompt")
        return self


class Scenario(Value):
    """One scenario with its rows, in the file's order."""

    key: str
    """Folder name, such as `Child`."""
    name: str
    description: str = ""
    specs: Specs
    rows: tuple[BenchRow, ...]


class Step(Value):
    """One call inside a method."""

    purpose: str
    """`answer`, `think`, `feedback`, `refine`, `candidate`, `compare`, `score`, ..."""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    finish: Finish = "stop"


class Deliberation(Record):
    """What a method made of one row: the answer, how it came about and what it took."""

    FILE: ClassVar[str] = "deliberations.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = (
        "row",
        "method",
        "settings",
        "model",
        "protocol",
        "sampling",
        "asked",
    )

    row: str
    method: str
    settings: dict[str, Any] = Field(default_factory=dict)
    """The method's options, and what else tells its entrant apart: its scorer, `adversarial`."""
    model: str
    protocol: Protocol = "specloop"
    sampling: Sampling
    """With the seed."""
    asked: str = ""
    """Digest of the wording and of the models' options that decide a reply; empty where not
    known."""
    text: str
    thought: str = ""
    finish: Finish = "stop"
    silent: Silence = ""
    """Why there is no text, where there is none."""
    form: Form = "plain"
    prompt: str = ""
    """The user's turn as the model saw it first."""
    candidates: tuple[str, ...] = ()
    """Answers that were weighed, where a method weighs several."""
    scores: tuple[float | None, ...] = ()
    """The scorer's, one a candidate; None where it could not tell."""
    steps: tuple[Step, ...] = ()
    paper_tokens: int = 0
    """Completion tokens as the papers count them: forced text and scoring left out."""
    cost: Cost = Cost()
    """All that was billed for it: every prompt sent again, cached prefixes, scoring calls."""
    made_by: MadeBy | None = None
    read_from: str = ""
    """Digest of the result file that it was read from; empty for what was made here."""

    @property
    def end(self) -> End:
        """How the answer ended."""
        return end_of(self.text, self.finish, self.silent)


class Timing(Record):
    """How long an answer took that was made in one go. In a file of its own: the answers are then
    the same however fast they came."""

    FILE: ClassVar[str] = "timings.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("deliberation",)
    PASSING: ClassVar[bool] = True

    deliberation: str
    wall_s: float


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
    """A judge's verdicts on one deliberation, one a spec."""

    FILE: ClassVar[str] = "judgements.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = (
        "deliberation",
        "judge",
        "settings",
        "model",
        "protocol",
        "asked",
    )

    deliberation: str
    judge: str
    """Mode: joint, sequential, logprob."""
    settings: dict[str, Any] = Field(default_factory=dict)
    model: str
    protocol: Protocol = "specloop"
    asked: str = ""
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
