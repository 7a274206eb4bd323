"""How many words an answer may or must have."""

from __future__ import annotations

from specloop.checking.limits import limit_of
from specloop.checking.text import limits, words
from specloop.checks import AnswerText, Check, Clause, checks


@checks.register("word_count")
class WordCount(Check):
    """The answer has at most and at least so many words."""

    stage = "present"
    of_form = True

    most: int | None = None
    least: int | None = None

    @classmethod
    def compile(cls, clause: Clause) -> WordCount | None:
        """ "Keep every answer to at most 60 words.\""""
        limit = limit_of(clause, "words?", exact=False)
        if limit is None or limit.part != "answer":
            return None
        return cls(most=limit.most, least=limit.least)

    def holds(self, answer: AnswerText) -> bool | None:
        """Too long stays too long in a cut answer; otherwise a cut answer is open."""
        n = len(words(answer.text))
        if self.most is not None and n > self.most:
            return False
        if answer.cut:
            return None if self.most is not None or n < (self.least or 0) else True
        return self.least is None or n >= self.least

    def describe(self) -> str:
        """Limits in words."""
        return f"{limits(self.most, self.least)} word" + "s" * (self.most != 1)
