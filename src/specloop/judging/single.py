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
from typing import Any, NamedTuple, Self

from specloop.judging.asking import Item, Reading, object_of, one_of, withheld
from specloop.judging.spoken import Members, Spoken, n_keys, parts
from specloop.llm.base import Reply

_REASON_SHOWN = 300


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
        if n_told > 1 or (n_told and n_keys(reply.text, self.key, self.name.upper()) > len(own)):
            return Reading({}, f"it had several {self.name}s")
        if n_others:
            return Reading({}, f"its {self.name} was without the call's key")
        if not own or own[0].value not in self.values:
            return Reading({}, "it was not in the form asked for, with its key")
        return Reading({self.name: own[0]})

    @property
    def _head(self) -> str:
        return f"{self.name.upper()} {self.key}"

    @property
    def _spoken(self) -> Spoken:
        return Spoken(self.name, self.values)

    def _values(self, text: str) -> tuple[list[Item], int]:
        """The values with the key, and the number of others."""
        own: list[Item] = []
        n_others = 0
        for part in parts(text):
            found = self._of_lines(part) if isinstance(part, str) else self._of_members(part)
            mine, others = found
            own += mine
            n_others += others
        return own, n_others

    def _of_members(self, members: Members) -> tuple[list[Item], int]:
        reason = next((str(value) for name, value in members if name == "reason"), "")
        own = [Item(str(v), _short(reason)) for name, v in members if name == self.member]
        return own, self._spoken.n_in_members(members) - len(own)

    def _of_lines(self, text: str) -> tuple[list[Item], int]:
        whole = re.compile(rf"\W*{self.name}\W+{self.key}\W+({self._spoken.choice})\W*", re.I)
        lines = text.splitlines()
        found = [whole.fullmatch(line) for line in lines]
        others = [line for line in lines if self.key not in line]
        reason = _short(" ".join(line for line in others if line.strip()))
        own = [Item(one[1], reason) for one in found if one]
        return own, self._spoken.n_in_lines(others)


def _short(reason: str) -> str:
    return " ".join(reason.split())[:_REASON_SHOWN]
