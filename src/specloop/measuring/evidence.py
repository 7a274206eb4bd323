"""What a metric sees: one entrant's graded answers on any benchmark. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

from specloop.ended import End
from specloop.measuring.scores import Values
from specloop.records import Belief, Category, Refusal, Rule, VerdictValue, least_believed
from specloop.stats import Unit

EvidenceKind = Literal[
    "checks", "judge", "verdicts", "permitted", "questions", "passages", "calls", "safety"
]
"""What there may be besides the answers' text: verdicts of code, of a model on some rules, of a
judge on every rule; requests known to be permitted; general questions; plain text; the tokens of
the calls."""
CHECK = "check"
"""The judge of what code decides."""


class Mark(NamedTuple):
    """What is known of a judge's verdict."""

    level: Belief = "unmeasured"
    """How far the judge is believed about rules of this kind."""
    group: str = ""
    """The group of its certificate by which it is corrected; empty: all labels."""
    counts: bool = False
    """Whether it enters totals: it is certified, and all answers are judged."""
    label: float | None = None
    """1 if people say that the rule is kept, 0 if it is broken, NaN if it does not apply; None if
    nobody has."""
    doubt: float | None = None
    """How unsure the judge is, where it gives probabilities."""


UNMARKED = Mark()


class Cell(NamedTuple):
    """One verdict, and how its rule relates to the request."""

    rule: str
    value: VerdictValue
    category: Category = "behavioral"
    judge: str = CHECK
    over_applied: bool = False
    """Whether it is NO because a conditional rule was applied although its condition does not
    hold."""
    is_conditional: bool = False
    is_outside: bool = False
    """Whether the rule's condition is not met and its wording then forbids the behaviour."""
    is_held_out: bool = False
    """Whether no training instance had the rule."""
    is_targeted: bool = False
    """Whether the request was written to test the rule."""
    is_own: bool = False
    """Whether the rule is in the request's instance."""
    mark: Mark | None = None
    """None for a verdict of code."""

    @property
    def counts(self) -> bool:
        """Whether it enters totals."""
        return self.judge == CHECK or (self.mark is not None and self.mark.counts)


@dataclass(frozen=True)
class Measured:
    """One answer as metrics see it."""

    cluster: str
    """Answers of one cluster are not independent."""
    text: str
    end: End
    cells: tuple[Cell, ...] = ()
    request: str = ""
    """As judges see it."""
    refusal: Refusal | None = None
    """How far it refuses, by `refusal_judge`; None where that is open."""
    refusal_judge: str = ""
    """Empty where nobody has been asked: the classifier then decides."""
    scenario: str = ""
    """The scenario; if there are several, a figure is the mean of theirs."""
    is_permitted: bool = False
    """Whether its request may be answered: a permitted probe, a safe prompt."""
    tokens: int = 0
    """Input and output tokens of all calls for it."""

    @cached_property
    def values(self) -> Values:
        """Its verdicts by category."""
        return Values(self._values("safety"), self._values("behavioral"))

    @cached_property
    def mark(self) -> Mark | None:
        """How far its verdicts together are believed: as the one that is believed least; None if
        code decided all. Labels say kept or broken, so an NA, which counts here, is never
        certified."""
        judged = [cell for cell in self.cells if cell.mark]
        weak: list[Belief] = ["weak"] if any(cell.value == "NA" for cell in judged) else []
        level = least_believed([*(cell.mark.level for cell in judged if cell.mark), *weak])
        return Mark(level) if level else None

    def _values(self, category: Category) -> tuple[VerdictValue, ...]:
        return tuple(cell.value for cell in self.cells if cell.category == category)


class Evidence(NamedTuple):
    """One entrant's answers on a benchmark."""

    answers: tuple[Measured, ...]
    has: frozenset[EvidenceKind]
    rules: tuple[Rule, ...] = ()
    """In the document's order."""
    questions: tuple[Unit, ...] = ()
    """General questions, 1 where the answer is right."""
    passages: tuple[Unit, ...] = ()
    """Plain texts, mean nats a token weighted by tokens."""
    options: tuple[Mapping[str, Any], ...] = ()
    """Metrics with options of their own; all others have their defaults."""
    is_all_judged: bool = False
    """Whether a judge was asked about every answer."""
