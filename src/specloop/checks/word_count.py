"""How many words an answer may or must have."""

from __future__ import annotations

from specloop.checking.limits import limit_of
from specloop.checking.text import limits, within, words
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
        return within(len(words(answer.text)), self.most, self.least, cut=answer.cut)

    def describe(self) -> str:
        """Limits in words."""
        return f"{limits(self.most, self.least)} word" + "s" * (self.most != 1)
