"""Where sentences end in clean text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from specloop.spec.mapped import Mapped

_END = re.compile(r"[.!?…]+[\"”’')\]]*(?=\s+|$)")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|incl|resp|no|nos|art|sec|fig|para|mr|mrs|ms|dr|prof|st|inc|ltd|co|corp|jr|sr|"
    r"a\.m|p\.m)|\b[A-Z](?:\.[A-Z])*)\.$",
    re.I,
)
_INITIAL = re.compile(r"(?:^|[\s(])(?:[A-Z]\.)+$")


def sentences(text: Mapped) -> Iterator[Mapped]:
    """Cut clean text into sentences; none is empty."""
    begin = 0
    for found in _END.finditer(text.text):
        end = found.end()
        if _goes_on(text.text, begin, found.start() + 1, end):
            continue
        yield text.cut(begin, end)
        begin = end + len(text.text[end:]) - len(text.text[end:].lstrip())
    if begin < len(text.text):
        yield text.cut(begin, len(text.text))


def _goes_on(text: str, begin: int, stop: int, end: int) -> bool:
    following = text[end:].lstrip()
    if not following:
        return False
    sentence = text[begin:end]
    if _inside(sentence) or following[0].islower():
        return True
    if sentence.endswith(("...", "…")) and not (following[0].isupper() or following[0] in '"“'):
        return True
    if text[stop - 1] == "." and stop == end:
        word = text[begin:stop]
        named = _ABBREVIATION.search(word) and not re.search(
            r"\b(etc|inc|ltd|co|corp|no|a\.m|p\.m)\.$", word, re.I
        )
        return bool(named or _INITIAL.search(word)) or bool(
            re.search(r"\bno\.$", word, re.I) and following[0].isdigit()
        )
    return False


def _inside(sentence: str) -> bool:
    """Whether a parenthesis or quotation that was opened is still open."""
    straight = sentence.count('"') % 2 == 1
    return (
        straight
        or sentence.count("(") > sentence.count(")")
        or sentence.count("“") > sentence.count("”")
    )
