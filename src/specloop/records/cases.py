"""What is asked: instances of rules, requests that start from them, probes and scenarios."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import ClassVar, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from specloop.records.base import Record, Value, optional
from specloop.records.conversation import MadeBy, Message, last_request, must_ask
from specloop.records.document import Category, CheckCall, Rule

Split = Literal["train", "validation", "test"]


Side = Literal["violation", "permitted"]


Label = Literal["safe", "unsafe"]


Told = Literal["nothing", "rules", "document"]
TOLD: tuple[Told, ...] = ("nothing", "rules", "document")
"""What a model has before it beside the conversation: nothing, the rules of its case, or all of the
document."""


class Conflict(Value):
    """Two rules that pull apart, and which one the priority order prefers."""

    winner: str
    loser: str
    settled_by: Literal["stage", "direction", "exception", "specificity", "order"]


class Instance(Record):
    """A concrete specification: 8 to 13 rule ids in priority order."""

    FILE: ClassVar[str] = "instances.jsonl"

    rules: tuple[str, ...]
    seed: int
    split: Split = "train"
    conflicts: tuple[Conflict, ...] = ()
    unmet: tuple[str, ...] = ()
    """Constraints the document's rules could not meet, in words."""


class SeedPrompt(Record):
    """An everyday request that probes start from."""

    FILE: ClassVar[str] = "seeds.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("topic", "text")

    topic: str
    text: str
    split: Split = "train"
    made_by: MadeBy | None = None


class Probe(Record):
    """One prompt written to test one or more rules of an instance."""

    FILE: ClassVar[str] = "probes.jsonl"

    messages: tuple[Message, ...]
    instance: str
    rules: tuple[str, ...]
    """The rules it targets."""
    side: Side
    split: Split
    topic: str = ""
    seed_prompt: str = ""
    attack: str = ""
    strategy: str = ""
    twin_of: str | None = None
    made_by: MadeBy | None = None


class Spec(NamedTuple):
    """One rule as a judge knows it: by its number within its category, from 1."""

    category: Category
    number: int
    text: str
    check: CheckCall | None = None
    """Where code can decide it."""
    prohibits: bool | None = None
    """It forbids something; None: its wording tells."""
    rule: str = ""
    """Id of the rule of a document; empty for a spec of a scenario."""

    @property
    def id(self) -> str:
        """That of the rule."""
        return self.rule or rule_of(*self[:3]).id


@lru_cache(maxsize=4096)
def rule_of(category: Category, number: int, text: str) -> Rule:
    """A scenario's spec as a rule: its document is the scenario's file, its section the place that
    it has there."""
    section = f"{category} {number}"
    return Rule(section=section, text=text, quote=text, start=0, end=len(text), category=category)


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
