"""Clean text whose every character knows the source span it stands for, and its sentences.

Parsers strip markup but must quote the source exactly, so they keep both together: a sentence in
the clean text is cut out of the source by the spans of its first and last character.
Markup that opens before a character or closes after it belongs to that character's span.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from specloop.checking.text import any_case


class Mapped(NamedTuple):
    """`text[i]` stands for `source[starts[i]:ends[i]]`."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def cut(self, begin: int, end: int) -> Mapped:
        """The part from `begin` to `end` of the clean text."""
        return Mapped(self.text[begin:end], self.starts[begin:end], self.ends[begin:end])

    def span(self, begin: int, end: int) -> tuple[int, int]:
        """Where that part of the clean text is in the source; the part must not be empty."""
        return self.starts[begin], self.ends[end - 1]


EMPTY = Mapped("", (), ())
_PLACES = "i"
"""Offsets as 4-byte numbers: a document has two for every character."""


_RUN = re.compile(r"(\S+(?: \S+)*)|\s+")
"""Characters that are taken as they are, or white space."""


class Weaver:
    """Builds a `Mapped`: collapses white space and adds markup to the next character."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._starts = array(_PLACES)
        self._ends = array(_PLACES)
        self._opened: int | None = None

    def copy(self, raw: Mapped, begin: int = 0, end: int | None = None) -> None:
        """Add a part of another text."""
        last = len(raw.text) if end is None else end
        for match in _RUN.finditer(raw.text, begin, last):
            at, stop = match.span()
            if match[1] is None:
                # White space: one character of it stands for all.
                self._put(" ", raw.starts[at], raw.ends[at])
                continue
            if self._opened is not None:
                self._put(raw.text[at], raw.starts[at], raw.ends[at])
                at += 1
            if at < stop:
                self._text.append(raw.text[at:stop])
                self._starts.extend(raw.starts[at:stop])
                self._ends.extend(raw.ends[at:stop])

    def add(self, text: str, start: int, end: int) -> None:
        """Add characters that each stand for all of `source[start:end]`."""
        for char in text:
            self._put(char, start, end)

    def open(self, start: int) -> None:
        """Begin markup at `start`, which belongs to the next character."""
        if self._opened is None:
            self._opened = start

    def close(self, end: int) -> None:
        """End markup at `end`, which belongs to the last character."""
        if self._ends and self._opened is None:
            last = -2 if self._text[-1] == " " and len(self._ends) > 1 else -1
            self._ends[last] = max(self._ends[last], end)

    def any(self) -> bool:
        """Whether there is any text."""
        return bool(self._text)

    def last(self) -> str:
        """The last character that is no white space; empty if there is none."""
        return next((text[-1] for text in reversed(self._text[-2:]) if text != " "), "")

    def done(self) -> Mapped:
        """The built text, without white space at either end."""
        if self._text and self._text[-1] == " ":
            del self._text[-1], self._starts[-1], self._ends[-1]
        return Mapped("".join(self._text), self._starts, self._ends)

    def _put(self, char: str, start: int, end: int) -> None:
        if char.isspace():
            if not self._text or self._text[-1] == " ":
                return
            char = " "
        elif self._opened is not None:
            start = min(start, self._opened)
            self._opened = None
        self._text.append(char)
        self._starts.append(start)
        self._ends.append(end)


def of_slices(source: str, slices: Iterable[tuple[int, int]]) -> Mapped:
    """Source slices (a paragraph's lines without their prefixes) joined by line feeds."""
    text: list[str] = []
    starts, ends = array(_PLACES), array(_PLACES)
    for start, end in slices:
        if text:
            text.append("\n")
            starts.append(starts[-1])
            ends.append(ends[-1])
        text.append(source[start:end])
        starts.extend(range(start, end))
        ends.extend(range(start + 1, end + 1))
    return Mapped("".join(text), starts, ends)


def collapsed(raw: Mapped) -> Mapped:
    """The text with runs of white space replaced by one space."""
    weaver = Weaver()
    weaver.copy(raw)
    return weaver.done()


_END = re.compile(r"(?<![.!?…])[.!?…]++[\"”’')\]]*+(?=\s|$)")
_NEXT = re.compile(r"\s*(\S)")
_ABBREVIATION = any_case(
    r"(?:\b(?:e\.g|i\.e|vs|cf|approx|incl|resp|nos|art|sec|fig|para|mr|mrs|ms|dr|prof|st|jr|sr)|"
    r"(?-i:\b[A-Z](?:\.[A-Z])*))\.$"
)
_NUMBER = any_case(r"\bno\.$")
_LONGEST = 10
"""More characters than the longest abbreviation with what is before it has."""

MAX_OPEN = 1500
"""After this many characters an open parenthesis or quotation counts as a slip."""


def sentences(text: Mapped) -> Iterator[Mapped]:
    """Cut clean text into sentences; none is empty."""
    return (text.cut(begin, end) for begin, end in _cuts(text.text))


def sentence_texts(text: str) -> list[str]:
    """The sentences of a text, without their places."""
    return [text[begin:end] for begin, end in _cuts(text)]


@cache
def _cuts(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text begin and end: reading and its account ask several times."""
    cuts: list[tuple[int, int]] = []
    begin = 0
    for match in _END.finditer(text):
        following = _NEXT.match(text, match.end())
        if following and _goes_on(text[begin : match.end()], following[1]):
            continue
        cuts.append((begin, match.end()))
        begin = following.start(1) if following else len(text)
    if begin < len(text):
        cuts.append((begin, len(text)))
    return cuts


def _goes_on(sentence: str, following: str) -> bool:
    if following.islower() or (len(sentence) < MAX_OPEN and _inside(sentence)):
        return True
    if sentence.endswith(("...", "…")):
        return not (following.isupper() or following in '"“')
    tail = sentence[-_LONGEST:]
    numbered = following.isdigit() and _NUMBER.search(tail)
    return bool(_ABBREVIATION.search(tail) or numbered)


def _inside(sentence: str) -> bool:
    """Whether a parenthesis or quotation that was opened is still open."""
    return (
        sentence.count('"') % 2 == 1
        or sentence.count("(") > sentence.count(")")
        or sentence.count("“") > sentence.count("”")
    )
