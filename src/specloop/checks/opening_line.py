"""The words an answer begins with."""

from __future__ import annotations

import re

from specloop.checks import Addition, Answer, Check, checks
from specloop.checks._text import fixed_wording, lines, may_become, same_line

_BEGIN = re.compile(r"\b(?:begins?|starts?|opens?)\b[^\"“`]*?\bwith\b", re.I)
_NOT = re.compile(r"\b(?:never|not|don't|avoid)\b[^\"“`]*?\b(?:begin|start|open)", re.I)


@checks.register("opening_line")
class OpeningLine(Check):
    """The answer begins with the phrase; `own_line` asks for a line of its own."""

    phrase: str
    own_line: bool = False

    @classmethod
    def compile(cls, wording: str) -> OpeningLine | None:
        """ "Begin the answer with the line "Safety first:".\""""
        begin = _BEGIN.search(wording)
        if not begin or _NOT.search(wording):
            return None
        fixed = fixed_wording(wording, begin.end())
        return cls(phrase=fixed[0], own_line=fixed[1]) if fixed else None

    def holds(self, answer: Answer) -> bool | None:
        """Decidable on a cut answer too, unless it was cut within the phrase."""
        found = lines(answer.text)
        if not found:
            return False
        if answer.cut and len(found) == 1 and may_become(found[0], self.phrase):
            return True if same_line(found[0], self.phrase) and not self.own_line else None
        if self.own_line:
            return same_line(found[0], self.phrase)
        return found[0].lower().replace("’", "'").startswith(self.phrase.lower().replace("’", "'"))

    def addition(self) -> Addition:
        """The phrase, first."""
        return Addition("opening", self.phrase)

    def describe(self) -> str:
        """The phrase it begins with."""
        return f'begins with "{self.phrase}"'
