"""What a document holds: sections, rules, their checks and edits, worked examples."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from specloop.records.base import Record, Value, optional
from specloop.records.conversation import MadeBy, Message

Authority = Literal["root", "system", "developer", "user", "guideline"]
RuleType = Literal["prohibition", "requirement", "guideline", "definition"]
Party = Literal["assistant", "user", "operator", "author", "third_party"]
"""Whom a rule binds; `operator` is who runs the service or enforces the rules."""
ASSISTANT_ONLY: tuple[Party, ...] = ("assistant",)
Direction = Literal["positive", "negative"]
Confidence = Literal["high", "medium", "low"]
Doubt = Literal["conduct", "heading", "polarity", "exception"]
"""Why a rule may have been misread: it is only a description of conduct, or a heading; an entry
forbids or demands by itself, and its lead-in forbids too; shared words alone say what it is an
exception to."""
Category = Literal["safety", "behavioral"]
CATEGORIES: tuple[Category, ...] = ("safety", "behavioral")
"""The categories in the order in which judges list rules."""
Stage = Literal["understand", "decide", "compose", "present"]
ANSWERING_STAGES: tuple[Stage, ...] = ("understand", "decide", "compose", "present")
"""Processing stages of an answer, in their order of priority."""


class Section(Record):
    """A part of the document under one heading; `document[start:end] == text` in code points.

    Reading gives it the id that `spec.identity` makes.
    """

    FILE: ClassVar[str] = "sections.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("path", "anchor", "ordinal")

    path: tuple[str, ...]
    """Headings from the outermost to the section's own; empty for text before the first heading."""
    anchor: str = ""
    ordinal: int = 0
    """Counts earlier sections that are known by the same."""
    level: int = 0
    authority: Authority | None = None
    tags: tuple[str, ...] = ()
    text: str
    start: int
    end: int


class Condition(Value):
    """A condition on the user's request that code can decide: it mentions one of some words."""

    mentions: tuple[str, ...]
    """Words or phrases; matched at word borders, any case, with plural and simple inflections."""
    together_with: tuple[str, ...] = ()
    """If given, the request must mention one of these as well."""


class CheckCall(Value):
    """A check by name with its options: how code decides a rule. See `specloop.checks`."""

    name: str
    options: dict[str, Any] = Field(default_factory=dict)
    when: Condition | None = None
    """The rule applies only to requests that meet this condition."""
    only: bool = False
    """Whether the rule's wording also forbids the behaviour where the condition does not hold."""
    unless: tuple[Condition, ...] = ()
    """The rule does not apply to requests that meet one of these conditions (exceptions)."""
    leaves: str = ""
    """What else the wording demands: such a check is for a part and never decides a rule."""


class Rule(Record):
    """One testable obligation, with its exact place: `document[start:end] == quote`.

    Reading gives it the id that `spec.identity` makes.
    """

    FILE: ClassVar[str] = "rules.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("section", "text")

    section: str
    text: str
    quote: str
    start: int
    end: int
    category: Category = "behavioral"
    type: RuleType = "requirement"
    direction: Direction = "positive"
    party: Party = "assistant"
    """Whom it binds."""
    stage: Stage = "compose"
    domain: str = "general"
    family: str = ""
    confidence: Confidence = "high"
    """How sure the reading is: high by a word of duty or a ban, medium by mood or where a pronoun
    was resolved, low where there is a doubt."""
    doubts: tuple[Doubt, ...] = optional(())
    specificity: int = Field(default=1, ge=1, le=3)
    """1 general, 2 conditional or topical, 3 names an exact case or wording."""
    exception_to: str | None = None
    authority: Authority | None = None
    rationale: str = ""
    check: CheckCall | None = None
    part: CheckCall | None = None
    """A check for a part of the rule, if code cannot decide all of it."""
    scope: tuple[str, ...] = ()
    """The texts outside the sentence that may narrow it: headings below the document's title, the
    cells of its row and column, the lead-in of its list."""
    marks: tuple[str, ...] = optional(())
    """Ids of the footnotes that are marked in its clause."""
    extracted_by: MadeBy | None = None
    annotated_by: MadeBy | None = None


class Edit(Record):
    """A person's change of one field of a rule, with the document's value."""

    FILE: ClassVar[str] = "edits.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("rule", "field")

    rule: str
    wording: str
    """The text of the rule in the document; of an added rule, what it was added with."""
    section: str = ""
    path: tuple[str, ...] = ()
    """The headings of its section."""
    field: Literal["text", "category", "type", "direction", "party", "check", "drop", "added"]
    before: Any = None
    after: Any = None
    author: str = ""
    time: str = ""
    """When it was first seen: the time of the file it stood in, UTC."""
    reason: str = ""


class GradedAnswer(Value):
    """One answer of a worked example, as the document's authors graded it."""

    messages: tuple[Message, ...]
    grade: Literal["GOOD", "OK", "BAD"] | None = None
    comment: str = ""

    @property
    def text(self) -> str:
        """Its messages as one text."""
        return "\n\n".join(message.content for message in self.messages)

    @property
    def is_kept(self) -> bool | None:
        """Whether it keeps what its section demands; None if its grade says neither."""
        return {"GOOD": True, "BAD": False}.get(self.grade or "")


class Example(Record):
    """A worked example in the document: a conversation and graded answers."""

    FILE: ClassVar[str] = "examples.jsonl"

    section: str
    title: str = ""
    conversation: tuple[Message, ...]
    answers: tuple[GradedAnswer, ...]
    comment: str = ""
    rules: tuple[str, ...] = ()
    start: int
    end: int
