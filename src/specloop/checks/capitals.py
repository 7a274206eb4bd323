"""Words written wholly in capitals."""

from __future__ import annotations

import re

from specloop.checks import Answer, Check, checks

_NOT = re.compile(
    r"\b(?:never|no|not|don't|avoid|without)\b[^.]*"
    r"\b(?:all caps|capital letters|capitals|upper ?case)\b",
    re.I,
)
_SHOUTED = re.compile(r"\b[A-Z]{4,}\b")


@checks.register("capitals")
class Capitals(Check):
    """No word of four or more letters is written in capitals (shorter ones are mostly
    abbreviations)."""

    @classmethod
    def compile(cls, wording: str) -> Capitals | None:
        """ "Do not write words in capital letters.\""""
        return cls() if _NOT.search(wording) else None

    def holds(self, answer: Answer) -> bool | None:
        """Found is broken; a cut answer without one is open."""
        if _SHOUTED.search(answer.text):
            return False
        return None if answer.cut else True

    def mend(self, sentences: list[str]) -> list[str]:
        """Write them small."""
        return [_SHOUTED.sub(lambda m: m[0].lower(), sentence) for sentence in sentences]

    def describe(self) -> str:
        """What it lacks."""
        return "no words in capitals"
