"""How many sentences an answer may or must have."""

from __future__ import annotations

import re

from specloop.checks import Answer, Check, checks
from specloop.checks._text import NUMBER, number, sentences

_MOST = re.compile(
    rf"(?:at most|(?:no|not)? ?more than|a maximum of|up to|within) {NUMBER} sentences?"
    rf"|{NUMBER} sentences? (?:or fewer|or less|at most)",
    re.I,
)
_LEAST = re.compile(rf"(?:at least|no fewer than|a minimum of) {NUMBER} sentences?", re.I)
_EXACT = re.compile(rf"(?:exactly|in) {NUMBER} sentences?", re.I)


@checks.register("sentence_count")
class SentenceCount(Check):
    """At most and at least so many sentences."""

    most: int | None = None
    least: int | None = None

    @classmethod
    def compile(cls, wording: str) -> SentenceCount | None:
        """ "Answer in at most three sentences.\""""
        most, least, exact = _MOST.search(wording), _LEAST.search(wording), _EXACT.search(wording)
        if exact and not most and not least:
            return cls(most=number(exact[1]), least=number(exact[1]))
        if not most and not least:
            return None
        limit = number(next(g for g in most.groups() if g)) if most else None
        return cls(most=limit, least=number(least[1]) if least else None)

    def holds(self, answer: Answer) -> bool | None:
        """The last sentence of a cut answer may be a beginning only: it is not counted as whole."""
        n = len(sentences(answer.text))
        if self.most is not None and n > self.most + answer.cut:
            return False
        if answer.cut:
            return None
        return (self.most is None or n <= self.most) and (self.least is None or n >= self.least)

    def describe(self) -> str:
        """Limits in words."""
        parts = [f"at least {self.least}"] if self.least is not None else []
        parts += [f"at most {self.most}"] if self.most is not None else []
        return " and ".join(parts) + " sentences"
