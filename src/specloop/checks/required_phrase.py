"""A phrase or sentence the answer must hold."""

from __future__ import annotations

from specloop.checking.quoted import FIXED
from specloop.checking.text import contains
from specloop.checks import Addition, AnswerText, Check, Clause, checks

_SAY = "include contain add say state give mention ask write insert"


@checks.register("required_phrase")
class RequiredPhrase(Check):
    """The answer holds the phrase somewhere."""

    phrase: str

    @classmethod
    def compile(cls, clause: Clause) -> RequiredPhrase | None:
        """ "Include the sentence "Read the label before use."\""""
        fixed = clause.demands({_SAY: FIXED})
        return cls(phrase=clause.phrases(clause.rest)[0]) if fixed else None

    def holds(self, answer: AnswerText) -> bool | None:
        """Kept if it is there; open for a cut answer without it."""
        if contains(answer.text, self.phrase):
            return True
        return None if answer.cut else False

    def addition(self) -> Addition:
        """The phrase as a sentence before the rest, since what a request calls for comes first."""
        end = "" if self.phrase[-1:] in ".!?:" else "."
        return Addition("inside", self.phrase + end)

    def describe(self) -> str:
        """The phrase it holds."""
        return f'contains "{self.phrase}"'
