"""Words, phrases and names an answer must not hold."""

from __future__ import annotations

import re

from specloop.checking.grammar import full
from specloop.checking.quoted import SEVERAL
from specloop.checking.text import says
from specloop.checks import Ban, Clause, checks

_SAY = ("use", "say", "write", "include", "contain", "mention", "name")
_NAME = r"(?-i:[A-Z][\w&-]*(?: [A-Z][\w&-]*)*(?:'s)?)"
_NAMES = rf"{_NAME}(?:(?:,? (?:or|and|nor)|,) {_NAME})*"
_COMMON = re.compile(r"[A-Z][a-z]+(?:s|[st]ion|gion|ing|ity|ment|ness|ism|[ae]nce)|Death|Race|Sex")
"""Possibly a common noun with a capital letter ("Employees") rather than a name."""


@checks.register("forbidden_phrase")
class ForbiddenPhrase(Ban):
    """None of the phrases occurs at word borders, in any case."""

    phrases: tuple[str, ...]

    @classmethod
    def compile(cls, clause: Clause) -> ForbiddenPhrase | None:
        """ "Never use the words "guarantee" or "promise".", "Do not name GreenMart.\""""
        if not clause.forbids(_SAY):
            return None
        if full(SEVERAL, clause.rest):
            return cls(phrases=clause.phrases(clause.rest))
        if clause.verb not in ("mention", "name") or not full(_NAMES, clause.rest):
            return None
        names = tuple(re.split(r",? (?:or|and|nor) |, ", clause.rest))
        return None if any(_COMMON.fullmatch(name) for name in names) else cls(phrases=names)

    def occurs(self, text: str) -> bool:
        """Whether the text says one of the phrases."""
        return any(says(text, phrase) for phrase in self.phrases)

    def repair(self, sentences: list[str]) -> list[str]:
        """Drop the sentences that hold one."""
        return [sentence for sentence in sentences if not self.occurs(sentence)]

    def describe(self) -> str:
        """The phrases that the answer must not have."""
        return "never says " + ", ".join(f'"{phrase}"' for phrase in self.phrases)
