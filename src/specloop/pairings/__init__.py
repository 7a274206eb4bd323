"""Pairings: which compliant answer is paired with a violating one. One file per strategy.

A pairing is pure: it sees the violating answer and the target's constrained samples, and gives the
chosen text with the edits to it, or None if there is no compliant answer.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from specloop.checking import AnswerText, decide, repair_answer
from specloop.checking.text import words
from specloop.records import Answer, Rule
from specloop.registry import Registry, Strategy


class PairCase(NamedTuple):
    """One violating answer with the material for the chosen side."""

    request: str
    rejected: Answer
    samples: Sequence[Answer]
    """The target's answers generated under explicit constraints."""
    rules: Sequence[Rule]
    """The decidable rules that the chosen answer must keep."""


class ChosenAnswer(NamedTuple):
    """A compliant answer: its origin, its text and the rules whose check repaired it."""

    source: Answer
    text: str
    repairs: tuple[str, ...] = ()


class Pairing(Strategy):
    """One way to get the chosen answer."""

    uses_samples: ClassVar[bool] = True
    """Whether it chooses among constrained samples of the target."""
    edits: ClassVar[bool] = True
    """Whether checks may edit the answer."""

    @abstractmethod
    def choose(self, case: PairCase) -> ChosenAnswer | None:
        """The chosen answer, or None."""


pairings: Registry[Pairing] = Registry(Pairing, "specloop.pairings")


def sound(text: str) -> bool:
    """Whether an answer says something and does not loop.

    At least half of its words must be different, because small models loop.
    """
    said = [word.lower() for word in words(text)]
    return len(said) >= 4 and len(set(said)) >= len(said) / 2


def broken(
    rules: Sequence[Rule], request: str, answer: Answer, *, open_too: bool = True
) -> tuple[str, ...]:
    """Rules an answer breaks; `open_too` adds those left open because the answer was cut."""
    counted = ("NO", "unscored") if open_too else ("NO",)
    said = AnswerText.of(answer.text, answer.finish)
    verdicts = ((rule.id, decide(rule.check, request, said)) for rule in rules if rule.check)
    return tuple(rule_id for rule_id, d in verdicts if d.value in counted)


def repaired_answer(case: PairCase, source: Answer) -> ChosenAnswer | None:
    """An answer edited by the checks of the rules it breaks, or None."""
    repairs = broken(case.rules, case.request, source)
    if not repairs:
        return ChosenAnswer(source, source.text)
    calls = [rule.check for rule in case.rules if rule.check]
    text = repair_answer(calls, case.request, source.text)
    return None if text is None else ChosenAnswer(source, text, repairs)
