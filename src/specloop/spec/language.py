"""Which parts of a document are in English, and what language the others are in.

py3langid names languages; it takes a dozen words to be sure, so short paragraphs and entries are
looked at together with those beside them. Text with the commonest English words is English.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

from specloop.checking.text import word_set
from specloop.spec.blocks import Block

_CODES = """
af=Afrikaans ar=Arabic bg=Bulgarian bn=Bengali ca=Catalan cs=Czech cy=Welsh da=Danish de=German
el=Greek en=English es=Spanish et=Estonian eu=Basque fa=Persian fi=Finnish fr=French ga=Irish
gl=Galician gu=Gujarati he=Hebrew hi=Hindi hr=Croatian hu=Hungarian hy=Armenian id=Indonesian
is=Icelandic it=Italian ja=Japanese ka=Georgian kk=Kazakh ko=Korean lt=Lithuanian lv=Latvian
mk=Macedonian ms=Malay nb=Norwegian nl=Dutch nn=Norwegian no=Norwegian pl=Polish pt=Portuguese
ro=Romanian ru=Russian sk=Slovak sl=Slovenian sq=Albanian sr=Serbian sv=Swedish sw=Swahili ta=Tamil
te=Telugu th=Thai tr=Turkish uk=Ukrainian ur=Urdu vi=Vietnamese zh=Chinese
"""
NAMES = {code: name for code, _, name in (pair.partition("=") for pair in _CODES.split())}
_COMMON = word_set(
    "the of and with not must should are this that for your you never is if it by any be to"
)
_COMMON_SHARE = 0.1
_WORD = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\d_]{2,}")
"""A word of two letters or more, or a character of a script without spaces."""
_ASCII_WORD = re.compile(r"[A-Za-z]{2,}")
_ENOUGH = 12
"""How many words are looked at together."""
_LEAST = 5
"""Fewer words say nothing."""
_FOREIGN = 15
"""The least words of a part in another language: fewer are a quotation or names."""
_UNKNOWN = "?"
_WHOLE = 0.9
"""The share of a document's words by which it is in another language."""


class Part(NamedTuple):
    """Consecutive blocks in one language other than English."""

    language: str
    start: int
    end: int
    heading: str
    """The heading above its beginning; empty if there is none."""
    n_words: int


class Languages(NamedTuple):
    """The parts of a document in other languages."""

    parts: tuple[Part, ...] = ()
    n_words: int = 0
    """Of the whole document."""

    @property
    def whole(self) -> str:
        """The language of the whole document where it is another one; otherwise empty."""
        if not self.parts or sum(part.n_words for part in self.parts) < _WHOLE * self.n_words:
            return ""
        return max(self.parts, key=lambda part: part.n_words).language


class _Group(NamedTuple):
    """Blocks that are looked at together."""

    blocks: list[int]
    n_words: int
    language: str
    """A code; empty if it is not English by its commonest words, `?` if it has too few words."""
    heading: str


def languages_of(blocks: Sequence[Block]) -> tuple[list[Block], Languages]:
    """The blocks, those in other languages set aside, and which parts that are."""
    groups = list(_groups(blocks))
    n_words = _words(groups)
    least = min(_FOREIGN, _WHOLE * n_words)
    marked, parts = list(blocks), list[Part]()
    unsure = (run for run in _runs(groups) if _words(run) >= least)
    sure = (part for run in unsure for part in _runs([_named(blocks, group) for group in run]))
    for run in sure:
        words = _words(run)
        if words < least:
            continue
        names = Counter[str]()
        for group in run:
            names[group.language] += group.n_words if group.language != _UNKNOWN else 0
        code = names.most_common(1)[0][0]
        inside = [i for group in run for i in group.blocks]
        start, end = blocks[inside[0]].start, max(blocks[i].end for i in inside)
        parts.append(Part(NAMES.get(code, code), start, end, run[0].heading, words))
        for i in inside:
            marked[i] = replace(blocks[i], aside=blocks[i].aside or "foreign")
    return marked, Languages(tuple(parts), n_words)


def _runs(groups: Sequence[_Group]) -> Iterator[list[_Group]]:
    """Consecutive groups that are not in English, if any of them has words enough to tell."""
    for english, some in groupby(groups, key=lambda group: group.language == "en"):
        run = list(some)
        if not english and any(group.language != _UNKNOWN for group in run):
            yield run


def _groups(blocks: Sequence[Block]) -> Iterator[_Group]:
    gathered: list[int] = []
    n_words, heading = 0, ""
    for i, block in enumerate(blocks):
        begins = block.kind == "heading"
        if gathered and (begins or n_words >= _ENOUGH):
            yield _group(blocks, gathered, n_words, heading)
            gathered, n_words = [], 0
        if begins:
            heading = block.text.text
        elif block.kind != "fence":
            gathered.append(i)
            n_words += len(_words_in(block.text.text))
    if gathered:
        yield _group(blocks, gathered, n_words, heading)


def _words_in(text: str) -> list[str]:
    return (_ASCII_WORD if text.isascii() else _WORD).findall(text)


_MOST = 2000
"""Most characters that are looked at."""


def _group(blocks: Sequence[Block], gathered: list[int], n_words: int, heading: str) -> _Group:
    words = _words_in(_text(blocks, gathered).lower())
    english = sum(word in _COMMON for word in words) >= _COMMON_SHARE * len(words)
    return _Group(gathered, n_words, "en" if words and english else "", heading)


def _text(blocks: Sequence[Block], gathered: Sequence[int]) -> str:
    return "\n".join(blocks[i].text.text for i in gathered)[:_MOST]


def _named(blocks: Sequence[Block], group: _Group) -> _Group:
    """A group with its language, if it has enough words."""
    from py3langid import classify  # To load it takes half a second.

    enough = group.n_words >= _LEAST
    return group._replace(
        language=str(classify(_text(blocks, group.blocks))[0]) if enough else _UNKNOWN
    )


def _words(run: Sequence[_Group]) -> int:
    return sum(group.n_words for group in run)
