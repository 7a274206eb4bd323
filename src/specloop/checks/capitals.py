"""Forbids words written wholly in capitals."""

from __future__ import annotations

import re

from specloop.checking.grammar import full
from specloop.checks import Ban, Clause, checks

_CAPITALS = (
    r"(?:(?:(?:any |whole |entire )?words (?:wholly |entirely )?)?in (?:all )?"
    r"(?:capital letters|capitals|caps|upper ?case)|all[- ]caps|words in all[- ]caps)"
)
_SHOUTED = re.compile(r"\b[A-Z]{4,}\b")


@checks.register("capitals")
class Capitals(Ban):
    """No word of four or more letters is in capitals (shorter ones are mostly abbreviations)."""

    of_form = True

    @classmethod
    def compile(cls, clause: Clause) -> Capitals | None:
        """ "Do not write words in capital letters.\""""
        forbids = clause.forbids(("use", "write", "include", "contain"))
        return cls() if forbids and full(_CAPITALS, clause.rest) else None

    def occurs(self, text: str) -> bool:
        """Whether a word is in capitals."""
        return _SHOUTED.search(text) is not None

    def repair(self, sentences: list[str]) -> list[str]:
        """Write them in lower case."""
        return [_SHOUTED.sub(lambda m: m[0].lower(), sentence) for sentence in sentences]

    def describe(self) -> str:
        """What the answer must not have."""
        return "no words in capitals"
