"""A short form for verdicts on many specs: the judge names only those that are not kept.

It names the specs that are broken and those that do not apply; every other one is kept. This takes
a third of the tokens of a label for each spec. A reply counts as a whole or not at all: specs that
it does not name have a verdict only if it has the form asked for, with each list beside the call's
key, and was not cut.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, cast

from specloop.judging.asking import Item, Reading, ReplyForm, one_of
from specloop.judging.verdict_form import key_line, lines_of, one_object
from specloop.llm.base import Reply
from specloop.records import VerdictValue

_FIELDS: dict[str, VerdictValue] = {"broken": "NO", "not_concerned": "NA"}
_ID = re.compile(r"[SB]\d{1,3}")
_AROUND = " \t.*_`[]()"
_BETWEEN = re.compile(r"(?:\s|[,;*_`]|\band\b)+")


@dataclass(frozen=True)
class ExceptionsForm(ReplyForm):
    """The specs that are broken, and those that do not apply."""

    @property
    def members(self) -> dict[str, Any]:
        """The key and the two lists."""
        named = {"type": "array", "items": one_of(self.ids), "maxItems": len(self.ids)}
        names = [f"{field}_{self.key}" for field in _FIELDS]
        return {"key": one_of([self.key])} | dict.fromkeys(names, named)

    @property
    def words(self) -> str:
        """The form as an instruction at the end of the prompt."""
        key = self.key
        if self.enforced:
            return (
                f'Reply with JSON: "key" is "{key}", "broken_{key}" lists the ids whose verdict is'
                f' NO, "not_concerned_{key}" lists those whose verdict is NA. Ids in neither list'
                " have the verdict YES."
            )
        return (
            f"Reply with three lines:\nVERDICTS {key}\nBROKEN {key}: the ids whose verdict is NO,"
            f" or none\nNOT CONCERNED {key}: the ids whose verdict is NA, or none\nIds in neither"
            " line have the verdict YES."
        )

    def values_in(self, reply: Reply) -> Reading:
        """The verdicts on the specs asked for, except on those in both lists."""
        if reply.finish != "stop":
            return Reading({}, "it was cut")
        # Servers that do not take the schema are asked for lines.
        lists = self._json_lists(reply.text) if self.enforced else None
        lists = self._line_lists(reply.text) if lists is None else lists
        if lists is None:
            return Reading({}, "it was not in the form asked for, with its key")
        values = {name: [v for v in lists if name in lists[v]] or ["YES"] for name in self.ids}
        both = ", ".join(name for name in values if len(values[name]) > 1)
        items = {name: Item(value) for name, (value, *more) in values.items() if not more}
        return Reading(items, f"it had two verdicts on {both}" if both else "")

    def _json_lists(self, text: str) -> dict[VerdictValue, set[str]] | None:
        members = one_object(text, self.key)
        if members is None:
            return None
        lists: dict[VerdictValue, set[str]] = {}
        for field, value in _FIELDS.items():
            named = members.get(f"{field}_{self.key}")
            if not isinstance(named, list):
                return None
            lists[value] = {str(name) for name in cast(list[Any], named)}
        everything = lists["NO"] | lists["NA"]
        return lists if all(map(_ID.fullmatch, everything)) else None

    def _line_lists(self, text: str) -> dict[VerdictValue, set[str]] | None:
        lines = [line.rstrip("\n") for line in lines_of(text)]
        start = key_line(lines, self.key)
        if start is None:
            return None
        form = re.compile(rf"\W*(BROKEN|NOT CONCERNED)\W+{self.key}\W*?[:=](.*)", re.I)
        lists: dict[VerdictValue, set[str]] = {}
        for line in lines[start + 1 :]:
            if match := form.fullmatch(line):
                value = _FIELDS[match[1].lower().replace(" ", "_")]
                named = _named(match[2])
                if value in lists or named is None:
                    return None
                lists[value] = named
        return lists if len(lists) == len(_FIELDS) else None


def _named(text: str) -> set[str] | None:
    """The ids in a line of ids only; empty if it says "none".

    None where it cannot be read, because specs that it does not name would count as kept.
    """
    text = text.strip(_AROUND)
    if text.lower() == "none":
        return set()
    named: set[str] = set()
    for part in _BETWEEN.split(text):
        first, _, last = part.partition("-")
        if not _ID.fullmatch(first) or (last and not _ID.fullmatch(last)):
            return None
        last = last or first
        if first[0] != last[0]:
            return None
        named |= {f"{first[0]}{n}" for n in range(int(first[1:]), int(last[1:]) + 1)}
    return named
