"""Mark where rules begin and end by signs in the text that survive a parser.

A Markdown parser does not say where the text of its tokens was. So every border becomes a short
sign of rare punctuation that the document does not use, and is found again in the tokens. It is
punctuation because a letter beside `**` could prevent emphasis.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_RARE = "⁖⁘⁙⁚⁛⁜⁝⁞⸎⸏⸐⸑⸒⸓⸔⸕⸖⸘⸙⸛⸞⸟⸪⸫⸬⸭⸰⸱⸳⸴"
_BASE = 8


class Border(NamedTuple):
    """The beginning or end of a rule."""

    number: int
    begins: bool


class Signs:
    """Signs that do not occur in a document."""

    def __init__(self, characters: str) -> None:
        self._begin, self._end, self._close, *self._digits = characters
        digits = re.escape("".join(self._digits))
        self._sign = re.compile(f"([{self._begin}{self._end}])([{digits}]+){self._close}")

    @classmethod
    def unused_in(cls, document: str) -> Signs | None:
        """Signs that a document does not use; None if it uses too many of the rare characters."""
        free = [char for char in _RARE if char not in document]
        return cls("".join(free[: _BASE + 3])) if len(free) >= _BASE + 3 else None

    def insert(self, text: str, borders: Iterable[tuple[int, Border]]) -> str:
        """The text with a sign for every border at its offset; where two meet, the end comes
        first."""
        parts: list[str] = []
        last = 0
        for at, border in sorted(borders, key=lambda placed: (placed[0], placed[1].begins)):
            parts += [text[last:at], self._written(border)]
            last = at
        return "".join([*parts, text[last:]])

    def split(self, text: str) -> Iterator[str | Border]:
        """The text and borders in order."""
        at = 0
        for match in self._sign.finditer(text):
            if match.start() > at:
                yield text[at : match.start()]
            yield Border(self._number(match[2]), match[1] == self._begin)
            at = match.end()
        if at < len(text):
            yield text[at:]

    def without(self, text: str) -> str:
        """The text without signs."""
        return self._sign.sub("", text)

    def _written(self, border: Border) -> str:
        digits: list[str] = []
        number = border.number
        while number or not digits:
            number, digit = divmod(number, _BASE)
            digits.append(self._digits[digit])
        return (self._begin if border.begins else self._end) + "".join(digits) + self._close

    def _number(self, digits: str) -> int:
        return sum(self._digits.index(char) * _BASE**place for place, char in enumerate(digits))
