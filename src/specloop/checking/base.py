"""The base class of checks, and the answer that they look at."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Literal, NamedTuple

from specloop.checking.grammar import Clause
from specloop.ended import End, Finish, Silence, end_of
from specloop.records import CheckCall, Stage, VerdictValue
from specloop.registry import Registry, Strategy


class AnswerText(NamedTuple):
    """The answer that a check looks at; `cut` is true when it did not end by itself."""

    text: str
    cut: bool = False
    end: End = "whole"

    @classmethod
    def of(cls, text: str, finish: Finish = "stop", silent: Silence = "") -> AnswerText:
        """An answer from a reply's text, its finish reason, and why there is no text."""
        return cls(text, finish != "stop", end_of(text, finish, silent))


class CheckResult(NamedTuple):
    """A verdict; `over_applied` marks a conditional rule that was applied where it must not be."""

    value: VerdictValue
    reason: str
    over_applied: bool = False


class Addition(NamedTuple):
    """A text that an answer must carry, and where."""

    place: Literal["opening", "inside", "closing", "whole"]
    text: str


class Check(Strategy):
    """One kind of check. Its fields are what the rule's wording sets."""

    stage: ClassVar[Stage | None] = None
    """The stage of answering in which such a rule is kept; None: it depends on the wording."""
    of_form: ClassVar[bool] = False
    """Whether rules of this kind are about the form of an answer rather than its content."""

    @classmethod
    @abstractmethod
    def compile(cls, clause: Clause) -> Check | None:
        """The options that one demand of a rule's wording sets; None unless they account for every
        word of its `rest`."""

    @abstractmethod
    def holds(self, answer: AnswerText) -> bool | None:
        """Whether the answer keeps the rule; None where a cut answer leaves it open."""

    def shows(self, answer: AnswerText) -> bool:
        """Whether the answer plainly does what the rule asks, also where it must not."""
        return self.addition() is not None and self.holds(answer) is True

    def addition(self) -> Addition | None:
        """The text this check demands, if it demands one."""
        return None

    def repair(self, sentences: list[str]) -> list[str]:
        """The answer's sentences, edited one by one so that the rule holds, as far as possible."""
        return sentences

    def lay_out(self, sentences: Sequence[str]) -> str | None:
        """The answer's sentences in the form this check demands, if it demands one."""
        return None

    @abstractmethod
    def describe(self) -> str:
        """The check in a few words, for tables and repairs."""


class Ban(Check):
    """A check that something does not occur, wherever in the answer it would."""

    @abstractmethod
    def occurs(self, text: str) -> bool:
        """Whether the text holds what is forbidden."""

    def holds(self, answer: AnswerText) -> bool | None:
        """Broken if it occurs; open for a cut answer without it."""
        if self.occurs(answer.text):
            return False
        return None if answer.cut else True


checks: Registry[Check] = Registry(Check, "specloop.checks")


def build(call: CheckCall) -> Check:
    """The check that a call names; InputError on an unknown name or option."""
    return checks.build({"name": call.name, **call.options})
