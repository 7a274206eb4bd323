"""Checks: rules that code decides. One file a kind; each compiles from a rule's wording and can mend an answer.

A check sees the request (the last user message) and the answer. `CheckCall` (in `specloop.records`) names a check with
its options and the conditions under which it applies; `decide` applies one.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import NamedTuple

from specloop.records import CheckCall, Condition, Finish, VerdictValue
from specloop.registry import Registry, Strategy


class Answer(NamedTuple):
    """What a check looks at; `cut` is true when the answer stopped at the token limit."""

    text: str
    cut: bool = False

    @classmethod
    def of(cls, text: str, finish: Finish = "stop") -> Answer:
        """An answer from a reply's text and finish reason."""
        return cls(text, finish == "length")


class Decision(NamedTuple):
    """A verdict with its reason; `over_applied` marks a conditional rule applied where it should not be."""

    value: VerdictValue
    reason: str
    over_applied: bool = False


class Check(Strategy):
    """One kind of check. Its fields are what the rule's wording sets."""

    needs_end: bool = False
    """Set by kinds that look at the end of the answer: on a cut answer they cannot tell."""

    @classmethod
    @abstractmethod
    def compile(cls, wording: str) -> Check | None:
        """Read the kind's options out of a rule's wording (without its condition), or None."""

    @abstractmethod
    def holds(self, answer: Answer) -> bool | None:
        """Whether the answer keeps the rule; None where a cut answer leaves it open."""

    def mend(self, text: str) -> str | None:
        """A minimal edit of the answer that keeps the rule, or None where code cannot."""
        return None

    def describe(self) -> str:
        """The rule in a few words, for tables."""
        return type(self).__name__


checks: Registry[Check] = Registry(Check, "specloop.checks")
