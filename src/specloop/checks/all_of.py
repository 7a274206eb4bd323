"""Several demands in one wording."""

from __future__ import annotations

from pydantic import field_validator

from specloop.checking import build
from specloop.checks import AnswerText, Check, Clause, checks
from specloop.records import CheckCall


@checks.register("all_of")
class AllOf(Check):
    """Every one of the checks holds: "Never use lists or exclamation marks.\""""

    checks: tuple[CheckCall, ...]

    @field_validator("checks")
    @classmethod
    def _known(cls, calls: tuple[CheckCall, ...]) -> tuple[CheckCall, ...]:
        for call in calls:
            build(call)
        return calls

    @classmethod
    def compile(cls, clause: Clause) -> None:
        """A single clause makes one demand; `specloop.checking.wording` joins several."""

    def holds(self, answer: AnswerText) -> bool | None:
        """Broken if one is broken; open if none is broken and one is open."""
        outcomes = [build(call).holds(answer) for call in self.checks]
        return False if False in outcomes else None if None in outcomes else True

    def shows(self, answer: AnswerText) -> bool:
        """Whether one of them is shown."""
        return any(build(call).shows(answer) for call in self.checks)

    def describe(self) -> str:
        """Describe each of them."""
        return "; ".join(build(call).describe() for call in self.checks)
