"""Words an answer must not begin with."""

from __future__ import annotations

import re

from specloop.checking.grammar import ANSWER, full
from specloop.checking.quoted import SEVERAL
from specloop.checking.text import sentences
from specloop.checks import AnswerText, Check, Clause, checks


@checks.register("forbidden_opening")
class ForbiddenOpening(Check):
    """The answer begins with none of the phrases."""

    phrases: tuple[str, ...]

    @classmethod
    def compile(cls, clause: Clause) -> ForbiddenOpening | None:
        """ "Do not begin an answer with "Sure" or "Certainly".\""""
        match = full(rf"(?:{ANSWER} )?with (?P<listed>{SEVERAL})", clause.rest)
        match = match if clause.forbids(("begin", "start", "open")) else None
        return cls(phrases=clause.phrases(match["listed"])) if match else None

    def holds(self, answer: AnswerText) -> bool | None:
        """Decided for a cut answer too."""
        return not self._begins(answer.text)

    def repair(self, sentences: list[str]) -> list[str]:
        """Drop the first sentence, or just the word before its comma."""
        if not sentences or not self._begins(sentences[0]):
            return sentences
        head, comma, rest = sentences[0].partition(",")
        if comma and len(head.split()) <= 2 and rest.strip():
            return [rest.strip()[0].upper() + rest.strip()[1:], *sentences[1:]]
        return sentences[1:]

    def _begins(self, text: str) -> bool:
        first = (sentences(text) or [""])[0].lower().lstrip("\"“'*")
        return any(re.match(rf"{re.escape(p.lower())}(?!\w)", first) for p in self.phrases)

    def describe(self) -> str:
        """The phrases it does not begin with."""
        return "does not begin with " + ", ".join(f'"{phrase}"' for phrase in self.phrases)
