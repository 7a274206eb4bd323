"""Rubrics: what a rule means for an answer, written out for judges."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import Field, StringConstraints, model_validator

from specloop.records.base import Record, Value
from specloop.records.conversation import MadeBy

_Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
_Needed = Annotated[_Text, StringConstraints(min_length=1)]


class RubricText(Value):
    """What a rubric says. What may be empty is empty for a rule that always applies."""

    keeps: _Needed
    """What an answer does that keeps the rule."""
    breaks: _Needed
    does_not_apply: _Text = ""
    """The requests for which the rule asks for nothing."""
    keeps_example: _Text = ""
    breaks_example: _Text = ""
    does_not_apply_example: _Text = ""

    @model_validator(mode="after")
    def _tells_apart(self) -> Self:
        for one, other in (("keeps", "breaks"), ("keeps_example", "breaks_example")):
            if getattr(self, one) and getattr(self, one) == getattr(self, other):
                raise ValueError(f"{one} and {other} are the same; say what tells them apart")
        return self


class Rubric(Record):
    """The rubric of a rule; its id is a digest of the rule's text."""

    FILE: ClassVar[str] = "rubrics.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("rule_text",)

    rule_text: str
    text: RubricText
    chain: str | None = Field(default=None, exclude_if=lambda value: value is None)
    """What the rule depended on, a line each, as the rubric was written or accepted: where it
    depends on something else now, the rubric does not hold. None where nobody noted it."""
    drop: bool = False
    """Whether a person has left it out: judges do not see it."""
    made_by: MadeBy | None = None
    """The model that wrote it; None for a rubric that only a person wrote."""
    edited_by: str = ""
    """The person who changed it; empty for a rubric as the model wrote it."""

    def holds(self, chain: str) -> bool:
        """Whether it holds for a rule of its text that depends on this."""
        return self.chain in (None, chain)
