"""Count how often a text gives a value, such as a verdict or a grade, in any form.

It may be in JSON at any depth, in a line of its own, or in words. A reply that gives another value
beside the judge's own does not count, because it is not clear which of them is meant.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from specloop.judging.readings import as_latin

_TRIES = 32
"""Most braces in a reply that begin no object: each costs a scan of the rest."""


class Members(list[tuple[str, Any]]):
    """The members of a JSON object, repeated ones too; a class to distinguish it from an array."""


class Spoken(NamedTuple):
    """The values to look for, and their name."""

    name: str
    """The name of the value: `verdict`."""
    values: tuple[str, ...]

    def n_in(self, text: str) -> int:
        """How often a text gives the value."""
        return sum(
            self.n_in_lines(part.splitlines()) if isinstance(part, str) else self.n_in_members(part)
            for part in parts(text)
        )

    def n_in_members(self, members: Members) -> int:
        """How often members give it, by their name or as a word that is one of the values."""
        return sum(self._is_meant(*member) for member in _named(members))

    def n_in_lines(self, lines: list[str]) -> int:
        """How often lines give it, in words or in broken JSON."""
        return sum(map(self._n_in_line, map(as_latin, lines)))

    def _is_meant(self, name: str, value: Any) -> bool:
        word = value.strip().upper() if isinstance(value, str) else ""
        return self.name in as_latin(name).casefold() or word in self._words

    def _n_in_line(self, line: str) -> int:
        given = re.findall(rf"\b{self.name}\w*[^\w\n]+(?:{self.choice})\b", line, re.I)
        return len(given) or int(self._is_in_line(line))

    def _is_in_line(self, line: str) -> bool:
        """Whether a line gives a value.

        That is a value alone, anything after the name and a colon, a value at the end after the
        name, or a word that is a value at the end or anywhere after the name.
        """
        if re.fullmatch(rf"\W*(?:{self.choice})\W*", line, re.I):
            return True
        words = "|".join(map(re.escape, self._words)) or "(?!)"
        if re.search(rf"\b(?:{words})\W*$", line):
            return True
        named = re.search(rf"\b{self.name}s?\b", line, re.I)
        if named is None:
            return False
        after = line[named.end() :]
        said = rf"^[\"'*\s]*[:=|→][\"'*\s]*\w|\b(?:{words})\b|(?i:\b(?:{self.choice})\W*$)"
        return bool(re.search(said, after))

    @property
    def _words(self) -> tuple[str, ...]:
        """The values that are words, because a number may mean anything."""
        return tuple(value for value in self.values if value.isalpha())

    @property
    def choice(self) -> str:
        """The values as a pattern."""
        return "|".join(map(re.escape, self.values))


def n_keys(text: str, key: str, head: str) -> int:
    """How often the key is in a text, apart from repetitions of the form itself or a delimiter.

    Each may come with a value, in any form.
    """
    repeated = rf"{head} {key}\W*?(?:\.\.\.|…)|</?\w+ {key}>"
    return re.sub(repeated, "", text).casefold().count(key)


def parts(text: str) -> Iterator[str | Members]:
    """The JSON objects of a text, and the text between them."""
    decoder = json.JSONDecoder(strict=False, object_pairs_hook=Members)
    at = n_failed = 0
    while n_failed < _TRIES and (start := text.find("{", at)) >= 0:
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):  # a number of too many digits, too deep
            yield text[at : start + 1]
            at = start + 1
            n_failed += 1
        else:
            yield text[at:start]
            yield cast(Members, value)
            at = end
    yield text[at:]


def _named(value: Any) -> Iterator[tuple[str, Any]]:
    """All members, at any depth."""
    if isinstance(value, Members):
        for name, inner in value:
            yield name, inner
            yield from _named(inner)
    elif isinstance(value, list):
        for inner in cast(list[Any], value):
            yield from _named(inner)
