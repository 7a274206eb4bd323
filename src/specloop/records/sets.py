"""Violated sets: answers under a small policy, with the exact set of rules that each breaks."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field, model_validator

from specloop.records.base import Record, Value
from specloop.records.conversation import Message
from specloop.records.document import Authority
from specloop.records.results import JudgeFigures


class PolicyRule(Value):
    """One rule of a policy."""

    id: str = Field(min_length=1)
    text: str = Field(min_length=1)
    authority: Authority | None = None


class PolicyItem(Record):
    """An answer under a policy. Its id says what is judged, and nothing of the gold set."""

    FILE: ClassVar[str] = "policy_items.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("preface", "policy", "messages", "answer")

    name: str = Field(min_length=1)
    kind: str = "plain"
    """What makes it hard, such as an exception chain; figures are told by kind."""
    group: str = ""
    """Items of one group are not independent, such as those under one policy."""
    preface: str = ""
    """What is said of the policy as a whole, such as which authority comes first."""
    policy: tuple[PolicyRule, ...] = Field(min_length=1)
    messages: tuple[Message, ...] = Field(min_length=1)
    """What was asked."""
    answer: str
    broken: tuple[str, ...]
    """The gold set: the ids of exactly those rules that the answer breaks."""
    reason: str = ""
    """Why the gold set is what it is."""

    @model_validator(mode="after")
    def _of_its_policy(self) -> Self:
        ids = [rule.id for rule in self.policy]
        for known, what in ((ids, "the policy"), (self.broken, "broken")):
            if twice := next((id_ for id_ in known if list(known).count(id_) > 1), ""):
                raise ValueError(f"{what} has {twice!r} twice; ids name one rule each")
        if unknown := next((id_ for id_ in self.broken if id_ not in ids), ""):
            raise ValueError(f"broken names {unknown!r}, and the policy has {', '.join(ids)}")
        return self

    @property
    def cluster(self) -> str:
        """What it is counted with where items are not independent."""
        return self.group or self.name


class SetScore(JudgeFigures):
    """How well a judge finds the exact sets of broken rules: `exact`, `precision`, `recall` and
    others, by kind."""

    FILE: ClassVar[str] = "set_scores.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = (
        "judge",
        "settings",
        "model",
        "request_digest",
        "items_digest",
    )

    items: str
    """Where the items are from."""
    items_digest: str
    """Digest of the items and their gold sets."""
    n_items: int
