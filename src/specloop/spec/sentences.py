"""Find where sentences end in clean text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from specloop.spec.mapped import Mapped

_END = re.compile(r"(?<![.!?…])[.!?…]++[\"”’')\]]*+(?=\s|$)")
_NEXT = re.compile(r"\s*(\S)")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|vs|cf|approx|incl|resp|nos|art|sec|fig|para|mr|mrs|ms|dr|prof|st|jr|sr)|"
    r"(?-i:\b[A-Z](?:\.[A-Z])*))\.$",
    re.I,
)
_NUMBER = re.compile(r"\bno\.$", re.I)

MAX_OPEN = 1500
"""After this many characters an open parenthesis or quotation counts as a slip."""


def sentences(text: Mapped) -> Iterator[Mapped]:
    """Cut clean text into sentences; none is empty."""
    begin = 0
    for match in _END.finditer(text.text):
        following = _NEXT.match(text.text, match.end())
        if following and _goes_on(text.text[begin : match.end()], following[1]):
            continue
        yield text.cut(begin, match.end())
        begin = following.start(1) if following else len(text.text)
    if begin < len(text.text):
        yield text.cut(begin, len(text.text))


def _goes_on(sentence: str, following: str) -> bool:
    if following.islower() or (len(sentence) < MAX_OPEN and _inside(sentence)):
        return True
    if sentence.endswith(("...", "…")):
        return not (following.isupper() or following in '"“')
    tail = sentence[-24:]
    numbered = _NUMBER.search(tail) and following.isdigit()
    return bool(_ABBREVIATION.search(tail) or numbered)


def _inside(sentence: str) -> bool:
    """Whether a parenthesis or quotation that was opened is still open."""
    return (
        sentence.count('"') % 2 == 1
        or sentence.count("(") > sentence.count(")")
        or sentence.count("“") > sentence.count("”")
    )
