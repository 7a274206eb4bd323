"""How many exclamation marks, emojis and the like an answer may have."""

from __future__ import annotations

import re

from specloop.checking.limits import limit_of
from specloop.checking.marks import MARKS, NAMES, count
from specloop.checking.text import limits, within
from specloop.checks import AnswerText, Check, Clause, checks

_UNIT = rf"(?:{'|'.join(sorted(NAMES, key=len, reverse=True))})"


@checks.register("mark_count")
class MarkCount(Check):
    """The answer has at most and at least so many of one kind of character."""

    stage = "present"
    of_form = True

    mark: str
    most: int | None = None
    least: int | None = None

    @classmethod
    def compile(cls, clause: Clause) -> MarkCount | None:
        """ "Use no more than one exclamation mark.\""""
        limit = limit_of(clause, _UNIT, exact=False)
        named = re.search(_UNIT, clause.rest.lower())
        if limit is None or named is None or limit.part != "answer":
            return None
        return cls(mark=NAMES[named[0]], most=limit.most, least=limit.least)

    def holds(self, answer: AnswerText) -> bool | None:
        """Too many stay too many in a cut answer; otherwise a cut answer is open."""
        return within(count(self.mark, answer.text), self.most, self.least, cut=answer.cut)

    def repair(self, sentences: list[str]) -> list[str]:
        """Put full stops for exclamation marks beyond the limit; remove other marks."""
        if self.most is None:
            return sentences
        left = self.most
        repaired: list[str] = []
        for sentence in sentences:
            n = count(self.mark, sentence)
            if n > left:
                new = "." if self.mark == "exclamation marks" else ""
                sentence, n = re.sub(rf"(?:{MARKS[self.mark]})+", new, sentence).strip(), 0
            left -= n
            repaired.append(sentence)
        return repaired

    def describe(self) -> str:
        """Limits in words."""
        return f"{limits(self.most, self.least)} {self.mark}"
