"""Forbids words written wholly in capitals."""

from __future__ import annotations

import re

from specloop.checking.grammar import full
from specloop.checks import AnswerText, Check, Clause, checks

_CAPITALS = (
    r"(?:(?:(?:any |whole |entire )?words (?:wholly |entirely )?)?in (?:all )?"
    r"(?:capital letters|capitals|caps|upper ?case)|all[- ]caps|words in all[- ]caps)"
)
_SHOUTED = re.compile(r"\b[A-Z]{4,}\b")


@checks.register("capitals")
class Capitals(Check):
    """No word of four or more letters is written in capitals (shorter ones are mostly
    abbreviations)."""

    of_form = True

    @classmethod
    def compile(cls, clause: Clause) -> Capitals | None:
        """ "Do not write words in capital letters.\""""
        forbids = clause.negative and clause.verb in ("use", "write", "include", "contain")
        whole = forbids and clause.part == "answer"
        return cls() if whole and full(_CAPITALS, clause.rest) else None

    def holds(self, answer: AnswerText) -> bool | None:
        """Broken if there is one; open for a cut answer without one."""
        if _SHOUTED.search(answer.text):
            return False
        return None if answer.cut else True

    def repair(self, sentences: list[str]) -> list[str]:
        """Write them in lower case."""
        return [_SHOUTED.sub(lambda m: m[0].lower(), sentence) for sentence in sentences]

    def describe(self) -> str:
        """What the answer must not have."""
        return "no words in capitals"
