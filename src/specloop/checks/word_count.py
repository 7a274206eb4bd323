"""How many words an answer may or must have."""

from __future__ import annotations

import re

from specloop.checks import Answer, Check, checks
from specloop.checks._text import NUMBER, number, words

_MOST = re.compile(
    rf"(?:at most|(?:no|not)? ?more than|a maximum of|up to|within) {NUMBER} words"
    rf"|(?:fewer than|less than|under|below|exceed|longer than) {NUMBER} words"
    rf"|{NUMBER} words (?:or fewer|or less|at most|maximum)",
    re.I,
)
_LEAST = re.compile(rf"(?:at least|no fewer than|no less than|a minimum of) {NUMBER} words", re.I)
_STRICT = re.compile(r"(?:fewer|less) than|under|below", re.I)


@checks.register("word_count")
class WordCount(Check):
    """At most and at least so many words."""

    most: int | None = None
    least: int | None = None

    @classmethod
    def compile(cls, wording: str) -> WordCount | None:
        """ "Keep every answer to at most 60 words.\""""
        most, least = _MOST.search(wording), _LEAST.search(wording)
        if not most and not least:
            return None
        limit = None
        if most:
            limit = number(next(group for group in most.groups() if group))
            limit -= bool(_STRICT.match(most[0]))
        return cls(most=limit, least=number(least[1]) if least else None)

    def holds(self, answer: Answer) -> bool | None:
        """Too long stays too long when cut; anything else about a cut answer is open."""
        n = len(words(answer.text))
        if self.most is not None and n > self.most:
            return False
        if answer.cut:
            return None if self.most is not None or n < (self.least or 0) else True
        return self.least is None or n >= self.least

    def describe(self) -> str:
        """Limits in words."""
        parts = [f"at least {self.least}"] if self.least is not None else []
        parts += [f"at most {self.most}"] if self.most is not None else []
        return " and ".join(parts) + " words"
