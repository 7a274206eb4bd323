"""How many sentences an answer may or must have: "Answer in at most three sentences.\""""

from __future__ import annotations

from specloop.checking.limits import UnitCount
from specloop.checking.text import prose, sentences, within, without_tables
from specloop.checks import AnswerText, checks


@checks.register("sentence_count")
class SentenceCount(UnitCount):
    """The answer has at most and at least so many sentences."""

    unit = "sentence"

    def holds(self, answer: AnswerText) -> bool | None:
        """The last sentence of a cut answer may be incomplete and does not count."""
        n = len(sentences(without_tables(prose(answer.text))))
        if self.most is not None and n > self.most + answer.cut:
            return False
        return None if answer.cut else within(n, self.most, self.least, cut=False)
