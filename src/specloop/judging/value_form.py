"""Ask for one value, such as a grade, and count how often a text gives one in any form.

The value is right beside the call's key: as a member whose name holds the key, or in a line of its
own. So nothing that a judge copies out of the judged text can be read as the value. A JSON schema
does not even allow it, because there the judge writes only the value and not the member's name. A
reply with another value of that name, in JSON or in words, with the key or without, does not count,
because it is not clear which of them is the judge's own. Nor does a reply that repeats the key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from specloop.judging.asking import Item, Reading, ReplyForm, one_of
from specloop.judging.readings import as_latin
from specloop.llm.base import Reply

_TRIES = 32
"""Most braces in a reply that begin no object: each costs a scan of the rest."""

Members = tuple[tuple[str, Any], ...]
"""The members of a JSON object, repeated ones too; a tuple to distinguish it from an array."""


@dataclass(frozen=True)
class ValueForm(ReplyForm):
    """One of some values; its name is the only id."""

    values: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the value."""
        return self.ids[0]

    @property
    def member(self) -> str:
        """Name of the value in JSON."""
        return f"{self.name}_{self.key}"

    @property
    def members(self) -> dict[str, Any]:
        """Only the value."""
        return {self.member: one_of(self.values)}

    @property
    def words(self) -> str:
        """The form as an instruction at the end of the prompt."""
        values = " or ".join(self.values)
        if not self.enforced:
            return f"End with the line\n{self._head} ...\nwith {values} in place of the dots."
        return f'Reply with JSON: "{self.member}", which is {values}.'

    def reply(self, value: str) -> str:
        """A reply in the form, with this value."""
        return json.dumps({self.member: value}) if self.enforced else f"{self._head} {value}"

    def values_in(self, reply: Reply) -> Reading:
        """The value, if the reply has only one and that one has the key."""
        if reply.finish == "length":
            return Reading({}, "it was cut")
        own, n_others = self._values(reply.text)
        n_given = len(own) + n_others
        if n_given > 1 or (n_given and n_keys(reply.text, self.key, self.name.upper()) > len(own)):
            return Reading({}, f"it had several {self.name}s")
        if n_others:
            return Reading({}, f"its {self.name} was without the call's key")
        if not own or own[0] not in self.values:
            return Reading({}, "it was not in the form asked for, with its key")
        return Reading({self.name: Item(own[0])})

    @property
    def _head(self) -> str:
        return f"{self.name.upper()} {self.key}"

    def _values(self, text: str) -> tuple[list[str], int]:
        """The values with the key, and the number of others."""
        own: list[str] = []
        n_others = 0
        for part in parts(text):
            mine, others = self._of_lines(part) if isinstance(part, str) else self._of_members(part)
            own += mine
            n_others += others
        return own, n_others

    def _of_members(self, members: Members) -> tuple[list[str], int]:
        own = [str(value) for name, value in members if name == self.member]
        return own, Mentions(self.name, self.values).n_in_members(members) - len(own)

    def _of_lines(self, text: str) -> tuple[list[str], int]:
        mentions, lines = Mentions(self.name, self.values), text.splitlines()
        whole = re.compile(rf"\W*{self.name}\W+{self.key}\W+({mentions.choice})\W*", re.I)
        own = [match[1] for line in lines if (match := whole.fullmatch(line))]
        return own, mentions.n_in_lines([line for line in lines if self.key not in line])


class Mentions(NamedTuple):
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
        values = re.findall(rf"\b{self.name}\w*[^\w\n]+(?:{self.choice})\b", line, re.I)
        return len(values) or int(self._is_in_line(line))

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
        value = rf"^[\"'*\s]*[:=|→][\"'*\s]*\w|\b(?:{words})\b|(?i:\b(?:{self.choice})\W*$)"
        return bool(re.search(value, after))

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
    decoder = json.JSONDecoder(strict=False, object_pairs_hook=tuple)
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
    if isinstance(value, tuple):
        for name, inner in cast(Members, value):
            yield name, inner
            yield from _named(inner)
    elif isinstance(value, list):
        for inner in cast(list[Any], value):
            yield from _named(inner)
