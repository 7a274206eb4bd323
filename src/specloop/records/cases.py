"""What is asked: instances of rules, seed prompts, cases and scenarios."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import ClassVar, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from specloop.records.base import Record, Value, content_id, optional
from specloop.records.conversation import MadeBy, Message, beyond_request, last_request, must_ask
from specloop.records.document import CATEGORIES, Authority, Category, CheckCall, Rule

Split = Literal["train", "validation", "test"]
Side = Literal["violation", "permitted"]
Label = Literal["safe", "unsafe"]
Told = Literal["nothing", "rules", "document"]
TOLD: tuple[Told, ...] = ("nothing", "rules", "document")
"""What a model sees besides the conversation: nothing, the rules of its case, or all rules of the
document."""


class Conflict(Value):
    """Two conflicting rules, and which one the priority order prefers."""

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
    """Constraints that the document's rules could not meet, in words."""


class SeedPrompt(Record):
    """An everyday request that probes start from."""

    FILE: ClassVar[str] = "seeds.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("topic", "text", "rules")

    topic: str
    text: str
    rules: tuple[str, ...] = ()
    """Wordings of the rules that it puts to the test; empty: nobody says of which."""
    split: Split = "train"
    made_by: MadeBy | None = None


class Case(Record):
    """What is asked and by which rules the answer is judged: a probe of a run, or a row of a
    scenario's file. The id does not depend on the place in the file."""

    FILE: ClassVar[str] = "cases.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = (
        "messages",
        "scenario",
        "targets",
        "side",
        "split",
        "topic",
        "source",
        "seed_prompt",
        "attack",
        "strategy",
        "twin_of",
        "made_by",
        "shown",
        "reference",
        "rubric",
    )

    messages: tuple[Message, ...]
    """What the model is asked."""
    scenario: str = ""
    """The instance of the document or the scenario whose rules are in force, in their order."""
    targets: tuple[str, ...] = ()
    """The rules that it was written to test."""
    side: Side
    """Whether the request is permitted."""
    split: Split = "test"
    topic: str = ""
    source: str = ""
    seed_prompt: str = ""
    attack: str = ""
    strategy: str = ""
    twin_of: str | None = None
    made_by: MadeBy | None = None
    shown: str = ""
    """The request as judges see it, if the model saw another one: the request before an attack."""
    reference: str = ""
    """An answer known to be good; empty where there is none."""
    rubric: str = optional("")
    """What judges, and nobody else, are shown with its rules; empty where there is none."""
    number: int = Field(default=-1, ge=-1)
    """The place in the scenario's file, from 0; -1 for a probe of a run."""

    @property
    def is_probe(self) -> bool:
        """Whether a run wrote it."""
        return self.number < 0

    @property
    def request(self) -> str:
        """The last user turn that the model saw."""
        return last_request(self.messages)

    @property
    def query(self) -> str:
        """The request as judges see it."""
        return self.shown or self.request

    @property
    def conversation(self) -> tuple[Message, ...]:
        """All turns, if there are more than the request."""
        return beyond_request(self.messages)

    @property
    def label(self) -> Label:
        """SpecBench's word for the side."""
        return "safe" if self.side == "permitted" else "unsafe"


class ScenarioRow(Value):
    """A case in SpecBench's form, as in a scenario's file."""

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

    @model_validator(mode="after")
    def _asks(self) -> Self:
        if not self.conversation:
            return self
        must_ask(self.conversation)
        if last_request(self.conversation) != self.adversarial_prompt:
            raise ValueError("the last user turn of conversation must be adversarial_prompt")
        return self

    @classmethod
    def of(cls, case: Case) -> Self:
        """The row of a case."""
        return cls(
            adversarial_prompt=case.request,
            prompt=case.query,
            label=case.label,
            source=case.source,
            answer=case.reference,
            conversation=case.conversation,
        )

    def as_case(self, scenario: str, number: int) -> Case:
        """The case for the row at a place in a scenario."""
        asked = Message(role="user", content=self.adversarial_prompt)
        return Case(
            id=content_id({"scenario": scenario, **self.model_dump(mode="json")}),
            messages=self.conversation or (asked,),
            scenario=scenario,
            side="permitted" if self.label == "safe" else "violation",
            source=self.source,
            shown=self.prompt if self.prompt != self.adversarial_prompt else "",
            reference=self.answer,
            number=number,
        )


class Spec(NamedTuple):
    """One rule as a judge knows it: by its number within its category, from 1."""

    category: Category
    number: int
    text: str
    check: CheckCall | None = None
    """The check, if code can decide it."""
    prohibits: bool | None = None
    """Whether it forbids something; None: decided by its wording."""
    rule: str = ""
    """The id of a document's rule; empty for a spec of a scenario."""
    guide: str = ""
    """What judges are shown with it, in lines: its rubric, what it depends on, worked examples."""
    authority: Authority | None = None

    @property
    def id(self) -> str:
        """The id of the rule."""
        return self.rule or rule_of(*self[:3]).id


@lru_cache(maxsize=4096)
def rule_of(category: Category, number: int, text: str) -> Rule:
    """A scenario's spec as a rule: its document is the scenario's file, its section its place
    there."""
    section = f"{category} {number}"
    return Rule(section=section, text=text, quote=text, start=0, end=len(text), category=category)


class Specs(Value):
    """The specification of a scenario, in the document's order."""

    safety: tuple[str, ...]
    behavioral: tuple[str, ...]

    @classmethod
    def of(cls, listed: Iterable[Spec]) -> Self:
        """The specification made of some specs, by category."""
        texts: dict[Category, list[str]] = {"safety": [], "behavioral": []}
        for spec in listed:
            texts[spec.category].append(spec.text)
        return cls.model_validate(texts)

    def listed(self) -> tuple[Spec, ...]:
        """All specs, safety specs first."""
        return tuple(
            Spec(category, number, text)
            for category in CATEGORIES
            for number, text in enumerate(getattr(self, category), 1)
        )


class Scenario(Value):
    """One scenario with its rows, in the file's order."""

    key: str
    """The folder's name, such as `Child`."""
    name: str
    description: str = ""
    specs: Specs
    rows: tuple[Case, ...]


class Benchmark(NamedTuple):
    """Rules and cases from a source; each scenario is a document of its own."""

    source: str
    """Its name, such as `folder:PATH`."""
    scenarios: tuple[Scenario, ...]

    @property
    def digest(self) -> str:
        """Digest of what may be asked and of the rules."""
        every = sorted(self.scenarios, key=lambda scenario: scenario.key)
        return content_id(
            [
                [s.key, s.description, s.specs.model_dump(), sorted(row.id for row in s.rows)]
                for s in every
            ]
        )
