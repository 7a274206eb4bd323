"""The form in which one value is asked for, such as a grade, and how the reply is read.

The value is right beside the call's key: as a member whose name holds the key, or in a line of its
own. So nothing that a judge copies out of the judged text can be read as the value. A JSON schema
does not even allow it, because there the judge writes only the value and not the member's name. A
reply with another value of that name, in JSON or in words, with the key or without, does not count,
because it is not clear which of them is the judge's own. Nor does a reply that repeats the key.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from specloop.judging.asking import Item, ReplyForm, ReplyReading, one_of
from specloop.judging.spoken import Members, Spoken, n_keys, parts
from specloop.llm.base import Reply


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

    def values_in(self, reply: Reply) -> ReplyReading:
        """The value, if the reply has only one and that one has the key."""
        if reply.finish == "length":
            return ReplyReading({}, "it was cut")
        own, n_others = self._values(reply.text)
        n_given = len(own) + n_others
        if n_given > 1 or (n_given and n_keys(reply.text, self.key, self.name.upper()) > len(own)):
            return ReplyReading({}, f"it had several {self.name}s")
        if n_others:
            return ReplyReading({}, f"its {self.name} was without the call's key")
        if not own or own[0] not in self.values:
            return ReplyReading({}, "it was not in the form asked for, with its key")
        return ReplyReading({self.name: Item(own[0])})

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
        return own, Spoken(self.name, self.values).n_in_members(members) - len(own)

    def _of_lines(self, text: str) -> tuple[list[str], int]:
        spoken, lines = Spoken(self.name, self.values), text.splitlines()
        whole = re.compile(rf"\W*{self.name}\W+{self.key}\W+({spoken.choice})\W*", re.I)
        own = [match[1] for line in lines if (match := whole.fullmatch(line))]
        return own, spoken.n_in_lines([line for line in lines if self.key not in line])
