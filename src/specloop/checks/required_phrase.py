"""A phrase or sentence the answer must hold."""

from __future__ import annotations

import re

from specloop.checks import Addition, Answer, Check, checks
from specloop.checks._text import QUOTED, contains

_INCLUDE = re.compile(
    r"\b(?:includes?|contains?|adds?|says?|states?|uses?|gives?|mentions?|asks?|writes?)\b", re.I
)
_NOT = re.compile(r"\b(?:never|not|\w+n't|\w+n’t|avoid|no|without|instead of|rather than)\b", re.I)


@checks.register("required_phrase")
class RequiredPhrase(Check):
    """The answer holds the phrase somewhere."""

    phrase: str

    @classmethod
    def compile(cls, wording: str) -> RequiredPhrase | None:
        """ "Include the sentence "Read the label before use."\""""
        phrases = list(QUOTED.finditer(wording))
        include = _INCLUDE.search(wording)
        if len(phrases) != 1 or not include or include.start() > phrases[0].start():
            return None
        if _NOT.search(wording[: phrases[0].start()]):
            return None
        return cls(phrase=phrases[0][1].strip())

    def holds(self, answer: Answer) -> bool | None:
        """Found is found; not found in a cut answer is open."""
        if contains(answer.text, self.phrase):
            return True
        return None if answer.cut else False

    def addition(self) -> Addition:
        """The phrase, as a sentence before the rest: what a request calls for comes first."""
        end = "" if self.phrase[-1:] in ".!?:" else "."
        return Addition("inside", self.phrase + end)

    def describe(self) -> str:
        """The phrase it holds."""
        return f'contains "{self.phrase}"'
