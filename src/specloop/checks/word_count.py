"""How many words an answer may or must have: "Keep every answer to at most 60 words.\""""

from __future__ import annotations

from specloop.checking.limits import UnitCount
from specloop.checking.text import within, words
from specloop.checks import AnswerText, checks


@checks.register("word_count")
class WordCount(UnitCount):
    """The answer has at most and at least so many words."""

    unit = "word"
    exact = False

    def holds(self, answer: AnswerText) -> bool | None:
        """Too long stays too long in a cut answer; otherwise a cut answer is open."""
        return within(len(words(answer.text)), self.most, self.least, cut=answer.cut)
