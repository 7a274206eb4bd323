"""The form in which one value is asked for, a verdict or a grade, and how the reply is read.

The value stands right beside the call's key: as a member whose name holds the key, or in a line of
its own. So nothing that a judge copies out of the judged text can be taken for the value, nor is
it allowed under a JSON schema, where the member's name is the grammar's and the value alone the
judge's. A reply that has another value of that name, in JSON or in words, with the key or without,
counts for nothing: which of them is the judge's own cannot be told. So does one in which the key
stands a second time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, Self, cast

from specloop.judging.asking import Item, Reading, object_of, one_of, withheld
from specloop.judging.readings import as_latin
from specloop.llm.base import Reply

_REASON_SHOWN = 300
_TRIES = 32
"""Braces of a reply that may begin no object: each costs a look at the rest of it."""


class Single(NamedTuple):
    """What is asked for in one call."""

    key: str
    name: str
    """What the value is called: `verdict`."""
    values: tuple[str, ...]
    reason_chars: int
    """0: no reason."""
    enforced: bool
    """The backend enforces a JSON schema."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The one value."""
        return (self.name,)

    def only(self, ids: tuple[str, ...]) -> Self:
        """The same: there is one value."""
        return self

    def in_lines(self) -> Self:
        """The form for a server that does not take the schema."""
        return self._replace(enforced=False)

    @property
    def member(self) -> str:
        """Name of the value in JSON."""
        return f"{self.name}_{self.key}"

    @property
    def schema(self) -> str:
        """For `Request.json_schema`; empty where the reply is a line."""
        if not self.enforced:
            return ""
        reason: dict[str, Any] = {"type": "string", "maxLength": self.reason_chars}
        value = {self.member: one_of(self.values)}
        whole = object_of(({"reason": reason} if self.reason_chars else {}) | value)
        # Not with sorted keys: servers write the properties in the order of the schema.
        return json.dumps(whole, separators=(",", ":"))

    @property
    def words(self) -> str:
        """The form as an instruction at the end of the prompt."""
        values = " or ".join(self.values)
        if not self.enforced:
            why = "First say why, in one short sentence. " if self.reason_chars else ""
            return f"{why}End with the line\n{self._head} ...\nwith {values} in place of the dots."
        why = (
            '"reason", at most 15 words on what the answer does, then ' if self.reason_chars else ""
        )
        return f'Reply with JSON: {why}"{self.member}", which is {values}.'

    def reply(self, value: str, reason: str = "") -> str:
        """A reply in the form, with this value."""
        if not self.enforced:
            return f"{reason}\n{self._head} {value}".lstrip()
        told = ({"reason": reason} if self.reason_chars else {}) | {self.member: value}
        return json.dumps(told, ensure_ascii=False)

    def read(self, reply: Reply) -> Reading:
        """The value, where the reply has just one, and that one with the key."""
        if slip := withheld(reply):
            return Reading({}, slip)
        if reply.finish == "length":
            return Reading({}, "it was cut")
        own, n_others = self._values(reply.text)
        n_told = len(own) + n_others
        if n_told > 1 or (n_told and self._n_keys(reply.text) > len(own)):
            return Reading({}, f"it had several {self.name}s")
        if n_others:
            return Reading({}, f"its {self.name} was without the call's key")
        if not own or own[0].value not in self.values:
            return Reading({}, "it was not in the form asked for, with its key")
        return Reading({self.name: own[0]})

    @property
    def _head(self) -> str:
        return f"{self.name.upper()} {self.key}"

    def _n_keys(self, text: str) -> int:
        """How often the key stands in a text, but for where the form itself or a delimiter is
        repeated: each but the value's own may come with another value, in whatever form."""
        repeated = rf"{self._head}\W*?(?:\.\.\.|…)|</?\w+ {self.key}>"
        return re.sub(repeated, "", text).casefold().count(self.key)

    def _values(self, text: str) -> tuple[list[Item], int]:
        """The values with the key, and the number of others."""
        own: list[Item] = []
        n_others = 0
        for part in _parts(text):
            found = self._of_lines(part) if isinstance(part, str) else self._of_members(part)
            mine, others = found
            own += mine
            n_others += others
        return own, n_others

    def _of_members(self, members: Members) -> tuple[list[Item], int]:
        reason = next((str(value) for name, value in members if name == "reason"), "")
        own = [Item(str(v), _short(reason)) for name, v in members if name == self.member]
        return own, sum(self._is_meant(*one) for one in _named(members)) - len(own)

    def _is_meant(self, name: str, value: Any) -> bool:
        """Whether a member gives the value: by its name, or by a word that is one of the values."""
        word = value.strip().upper() if isinstance(value, str) else ""
        return self.name in as_latin(name).casefold() or word in self._words

    def _of_lines(self, text: str) -> tuple[list[Item], int]:
        whole = re.compile(rf"\W*{self.name}\W+{self.key}\W+({self._choice})\W*", re.I)
        lines = text.splitlines()
        found = [whole.fullmatch(line) for line in lines]
        others = [line for line in lines if self.key not in line]
        reason = _short(" ".join(line for line in others if line.strip()))
        own = [Item(one[1], reason) for one in found if one]
        return own, sum(map(self._n_spoken, map(as_latin, others)))

    def _n_spoken(self, line: str) -> int:
        """How often a line gives the value in words, or in JSON that is none."""
        given = re.findall(rf"\b{self.name}\w*[^\w\n]+(?:{self._choice})\b", line, re.I)
        return len(given) or int(self._is_spoken(line))

    def _is_spoken(self, line: str) -> bool:
        """Whether a line gives the value otherwise: it alone, whatever follows the name and a
        colon, at its end after the name, or as a word at its end or anywhere after the name."""
        if re.fullmatch(rf"\W*(?:{self._choice})\W*", line, re.I):
            return True
        words = "|".join(map(re.escape, self._words)) or "(?!)"
        if re.search(rf"\b(?:{words})\W*$", line):
            return True
        named = re.search(rf"\b{self.name}s?\b", line, re.I)
        if named is None:
            return False
        after = line[named.end() :]
        said = rf"^[\"'*\s]*[:=|→][\"'*\s]*\w|\b(?:{words})\b|(?i:\b(?:{self._choice})\W*$)"
        return bool(re.search(said, after))

    @property
    def _words(self) -> tuple[str, ...]:
        """The values that are words: a number may stand for anything."""
        return tuple(value for value in self.values if value.isalpha())

    @property
    def _choice(self) -> str:
        return "|".join(map(re.escape, self.values))


Members = list[tuple[str, Any]]


def _parts(text: str) -> Iterator[str | Members]:
    """The JSON objects of a text as their members, repeated ones too, and what stands between."""
    decoder = json.JSONDecoder(strict=False, object_pairs_hook=_Members)
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


class _Members(list[tuple[str, Any]]):
    """Members of an object, told apart from an array."""


def _named(value: Any) -> Iterator[tuple[str, Any]]:
    """All members, however deep."""
    if isinstance(value, _Members):
        for name, inner in value:
            yield name, inner
            yield from _named(inner)
    elif isinstance(value, list):
        for inner in cast(list[Any], value):
            yield from _named(inner)


def _short(reason: str) -> str:
    return " ".join(reason.split())[:_REASON_SHOWN]
