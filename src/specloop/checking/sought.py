"""Patterns that are tried only on texts with letters that any match must hold.

Most patterns match few sentences, and to search one costs far more than to look for a few words.
The words follow from the pattern itself: "may (?:not|never)" matches no text without "may not" and
"may never". What is matched is the same with them and without.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import product

# Python's own parser of patterns; it has no public name.
from re import _constants as codes  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]
from re import _parser as parser  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]
from typing import Any

from specloop.checking.text import word_set

_MOST = 64
"""Most forms of one part of a pattern."""
_MOST_BRANCHES = 400
"""Most words to look for: of all branches of a pattern together."""
_LONG = 4
"""Longer words are hardly rarer."""
_ZERO_WIDTH = {codes.AT, codes.ASSERT, codes.ASSERT_NOT}
_DIGITS = "0123456789"
_COMMON = word_set("the all our any and for that this with are , .")
"""Words and marks that most texts have."""


class Sought:
    """A pattern that matches in any case, as `any_case` compiles it."""

    def __init__(self, pattern: str) -> None:
        self.compiled = re.compile(pattern, re.I)
        self.words = _rarest(parser.parse(pattern, re.I))
        self._match, self._search = self.compiled.match, self.compiled.search
        self._hint = re.compile(_tree(self.words)).search
        # In a text of small letters, a pattern of small letters finds the same three times as fast.
        small = re.compile(_IN_CAPITALS.sub(lambda found: found[0].lower(), pattern))
        self._small_match, self._small_search = small.match, small.search

    def may_match(self, text: str) -> bool:
        """Whether a text holds one of the words without which there is no match."""
        small = _small(text)
        return small is None or self._hint(small) is not None

    def search(self, text: str) -> re.Match[str] | None:
        """As of a compiled pattern."""
        if (small := _small(text)) is None:
            return self._search(text)
        if not self._hint(small) or not (found := self._small_search(small)):
            return None
        return self._match(text, found.start())

    def match(self, text: str) -> re.Match[str] | None:
        """As of a compiled pattern."""
        if (small := _small(text)) is None:
            return self._match(text)
        return self._match(text) if self._hint(small) and self._small_match(small) else None

    def sub(self, new: str | Callable[[re.Match[str]], str], text: str) -> str:
        """As of a compiled pattern."""
        return self.compiled.sub(new, text) if self.search(text) else text

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """As of a compiled pattern."""
        return self.compiled.finditer(text) if self.search(text) else iter(())


_IN_CAPITALS = re.compile(r"(?<!\\)(?<!\(\?)[A-Z]")
r"""A letter of a pattern that is neither a class (`\W`) nor the mark of a name (`(?P<...>`)."""


@cache
def sought(pattern: str) -> Sought:
    """A pattern that matches in any case and is tried only where its words are."""
    return Sought(pattern)


def _small(text: str) -> str | None:
    """A text in small letters, each in its place; None if it may have letters or digits that a
    pattern takes for other ones, such as the long s for an s."""
    return None if not text.isascii() and _ODD.search(text) else text.lower()


_ODD = re.compile(r"[^\W\0-\u012f\u0132-\u017e\u0180-\u065f]")
"""These are the long s, the Turkish i, and digits and a few letters far behind the Latin ones."""


Words = frozenset[str]


def _tree(words: Iterable[str]) -> str:
    """A pattern for any of some words, in which common beginnings stand once: the fastest way to
    look for many."""
    below: dict[str, list[str]] = {}
    for word in sorted(words):
        if not word:
            return ""
        below.setdefault(word[0], []).append(word[1:])
    branches = [re.escape(first) + _tree(rests) for first, rests in below.items()]
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"


def _rarest(pattern: Any) -> Words:
    """Words of which every match holds one; none if the pattern says nothing of that."""
    parts = [words for words in _parts(pattern) if words]
    rarest = max(parts, key=_rarity, default=frozenset[str]())
    return frozenset(w for w in rarest if not any(other in w for other in rarest if other != w))


def _rarity(words: Words) -> tuple[int, int]:
    """How seldom a text has one of some words, roughly: by the shortest, then by their number."""
    lengths = (0 if word.strip() in _COMMON else len(word) for word in words)
    return min(_LONG, *lengths), -len(words)


def _parts(pattern: Any) -> Iterator[Words]:
    """For parts of a pattern that stand behind each other, the words of which each holds one."""
    whole: Words = frozenset([""])
    for code in pattern:
        exact = _exact([code])
        joined = _joined(whole, exact) if exact else frozenset[str]()
        if not joined:
            yield whole if "" not in whole else frozenset()
            yield frozenset() if exact else _inside(*code)
        whole = joined or exact or frozenset([""])
    yield whole if "" not in whole else frozenset()


def _inside(code: Any, value: Any) -> Words:
    """The words of a part that matches more than a few of them."""
    if code is codes.BRANCH:
        each = [_rarest(branch) for branch in value[1]]
        few = all(each) and sum(map(len, each)) <= _MOST_BRANCHES
        return frozenset[str]().union(*each) if few else frozenset()
    if code is codes.SUBPATTERN:
        return _rarest(value[3])
    if code in _REPEATS and value[0] > 0:
        return _rarest(value[2])
    return frozenset()


_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)


def _exact(pattern: Sequence[Any]) -> Words:
    """All that a part of a pattern can match, folded; empty if that is too much."""
    all_of: Words = frozenset([""])
    for code, value in pattern:
        all_of = _joined(all_of, _exact_of(code, value))
    return all_of


def _exact_of(code: Any, value: Any) -> Words:
    if code in _ZERO_WIDTH:
        return frozenset([""])
    if code is codes.LITERAL:
        return frozenset([chr(value).lower()])
    if code is codes.IN:
        return _of_set(value)
    if code is codes.SUBPATTERN:
        return _exact(value[3])
    if code is codes.BRANCH:
        each = [_exact(branch) for branch in value[1]]
        return _bounded(frozenset().union(*each)) if all(each) else frozenset()
    if code in _REPEATS and value[1] == 1:
        inside = _exact(value[2])
        return inside if value[0] or not inside else inside | {""}
    return frozenset()


def _of_set(members: Sequence[Any]) -> Words:
    """What one character of a set can be."""
    if all(code is codes.LITERAL for code, _ in members):
        return frozenset(chr(value).lower() for _, value in members)
    return (
        frozenset(_DIGITS) if members == [(codes.CATEGORY, codes.CATEGORY_DIGIT)] else frozenset()
    )


def _joined(first: Words, second: Words) -> Words:
    if len(first) * len(second) > _MOST:
        return frozenset()
    return frozenset(a + b for a, b in product(first, second))


def _bounded(words: Words) -> Words:
    return words if len(words) <= _MOST else frozenset()
