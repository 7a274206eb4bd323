"""How many sentences an answer may or must have."""

from __future__ import annotations

from specloop.checking.limits import limit_of
from specloop.checking.text import limits, prose, sentences, within, without_tables
from specloop.checks import AnswerText, Check, Clause, checks


@checks.register("sentence_count")
class SentenceCount(Check):
    """The answer has at most and at least so many sentences."""

    stage = "present"
    of_form = True

    most: int | None = None
    least: int | None = None

    @classmethod
    def compile(cls, clause: Clause) -> SentenceCount | None:
        """ "Answer in at most three sentences.\""""
        limit = limit_of(clause, "sentences?")
        if limit is None or limit.part != "answer":
            return None
        return cls(most=limit.most, least=limit.least)

    def holds(self, answer: AnswerText) -> bool | None:
        """The last sentence of a cut answer may be incomplete and does not count."""
        n = len(sentences(without_tables(prose(answer.text))))
        if self.most is not None and n > self.most + answer.cut:
            return False
        if answer.cut:
            return None
        return within(n, self.most, self.least, cut=False)

    def describe(self) -> str:
        """Limits in words."""
        return f"{limits(self.most, self.least)} sentence" + "s" * (self.most != 1)
