"""Compare texts by their words."""

from __future__ import annotations

import re
from itertools import pairwise

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")
"""A word, or a single Chinese or Japanese character, because these scripts do not separate
words."""
_SHINGLE = 2


def words(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation."""
    return _WORD.findall(text.casefold())


def normal(text: str) -> str:
    """A normal form, equal for texts that differ only in case, spacing and punctuation."""
    return " ".join(words(text))


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """The pairs of neighbouring words of a text; a single word by itself.

    Pairs, because requests are short: one changed word of twelve leaves 0.69 of the pairs, but only
    0.54 of the runs of three.
    """
    all_words = words(text)
    if len(all_words) < _SHINGLE:
        return frozenset((word,) for word in all_words)
    return frozenset(pairwise(all_words))


def jaccard(first: frozenset[object], second: frozenset[object]) -> float:
    """The share of all elements that both have; 0 if both are empty."""
    shared = len(first & second)
    return shared / (len(first) + len(second) - shared) if shared else 0.0


def similarity(first: str, second: str) -> float:
    """The Jaccard similarity of the shingles, in [0, 1]."""
    return jaccard(shingles(first), shingles(second))
