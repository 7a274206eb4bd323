"""The one answer the rule allows."""

from __future__ import annotations

import re

from specloop.checks import Addition, Answer, Check, checks
from specloop.checks._text import QUOTED, may_become, same_line

_ONLY = re.compile(
    r"\b(?:answer|reply|respond)\b (?:with )?(?:only|nothing but|just)\b(?: with)?", re.I
)


@checks.register("exact_answer")
class ExactAnswer(Check):
    """The whole answer is the phrase."""

    phrase: str

    @classmethod
    def compile(cls, wording: str) -> ExactAnswer | None:
        """ "Answer only with "I can speak about your own orders only."\""""
        only = _ONLY.search(wording)
        phrase = QUOTED.search(wording, only.end()) if only else None
        return cls(phrase=phrase[1].strip()) if phrase else None

    def holds(self, answer: Answer) -> bool | None:
        """Open on a cut answer that is the phrase's beginning, or could have gone on after it."""
        if answer.cut and may_become(answer.text, self.phrase):
            return None
        return same_line(" ".join(answer.text.split()), self.phrase)

    def addition(self) -> Addition:
        """The phrase in place of everything."""
        return Addition("whole", self.phrase)

    def describe(self) -> str:
        """The phrase it is."""
        return f'is only "{self.phrase}"'
