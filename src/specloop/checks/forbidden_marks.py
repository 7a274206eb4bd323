"""Characters an answer must not hold: exclamation marks, emojis, semicolons and the like."""

from __future__ import annotations

import re

from specloop.checks import Answer, Check, Clause, checks
from specloop.checks._grammar import items
from specloop.checks._marks import MARKS, NAMES

_USE = ("use", "write", "include", "contain", "have", "add", "put", "insert")


@checks.register("forbidden_marks")
class ForbiddenMarks(Check):
    """None of the named kinds of character occurs."""

    marks: tuple[str, ...]

    @classmethod
    def compile(cls, clause: Clause) -> ForbiddenMarks | None:
        """ "Do not use exclamation marks or emojis.\""""
        if not clause.negative or clause.verb not in _USE or clause.part != "answer":
            return None
        found = items(clause.rest, NAMES)
        return cls(marks=tuple(sorted(found))) if found else None

    def holds(self, answer: Answer) -> bool | None:
        """Found is broken; a cut answer without one is open."""
        if any(re.search(MARKS[mark], answer.text) for mark in self.marks):
            return False
        return None if answer.cut else True

    def mend(self, sentences: list[str]) -> list[str]:
        """Full stops for exclamation marks, commas for semicolons and dashes; others go."""
        return [self._replace(sentence) for sentence in sentences]

    def _replace(self, text: str) -> str:
        for mark in self.marks:
            new = {"exclamation marks": ".", "semicolons": ",", "dashes": "-"}
            new |= {"em dashes": "-", "en dashes": "-", "ellipses": ".", "ampersands": "and"}
            text = re.sub(rf"(?:{MARKS[mark]})+", new.get(mark, ""), text)
        return text.strip()

    def describe(self) -> str:
        """The kinds it lacks."""
        return "no " + ", ".join(self.marks)
