"""The words an answer ends with."""

from __future__ import annotations

import re

from specloop.checks import Addition, Answer, Check, checks
from specloop.checks._text import fixed_wording, lines, same_line

_END = re.compile(r"\b(?:ends?|closes?|finish(?:es)?|concludes?)\b[^\"“`]*?\bwith\b", re.I)
_NOT = re.compile(r"\b(?:never|not|don't|avoid)\b[^\"“`]*?\b(?:end|clos|finish|conclud)", re.I)


@checks.register("closing_line")
class ClosingLine(Check):
    """The answer ends with the phrase; `own_line` asks for a line of its own."""

    phrase: str
    own_line: bool = False

    @classmethod
    def compile(cls, wording: str) -> ClosingLine | None:
        """ "End every answer with the line "Happy growing from Fernhill."\""""
        end = _END.search(wording)
        if not end or _NOT.search(wording):
            return None
        fixed = fixed_wording(wording, end.end())
        return cls(phrase=fixed[0], own_line=fixed[1]) if fixed else None

    def holds(self, answer: Answer) -> bool | None:
        """Open on a cut answer: its end is missing."""
        if answer.cut:
            return None
        found = lines(answer.text)
        if not found:
            return False
        if self.own_line:
            return same_line(found[-1], self.phrase)
        wanted = self.phrase.lower().rstrip(". ")
        return found[-1].lower().rstrip('. *"”').endswith(wanted)

    def shows(self, answer: Answer) -> bool:
        """Ends with the phrase."""
        return self.holds(answer) is True

    def addition(self) -> Addition:
        """The phrase, last."""
        return Addition("closing", self.phrase)

    def describe(self) -> str:
        """The phrase it ends with."""
        return f'ends with "{self.phrase}"'
