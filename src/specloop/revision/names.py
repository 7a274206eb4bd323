"""New ids in the place of old ones, in everything that names them.

A record's id follows from its content. Where a rule has another id, so have the instances that hold
it, their cases, the answers to these, and so on: each kind is renamed after those that it names.
Renaming back gives the first records again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from specloop.records import Record, content_id

R = TypeVar("R", bound=Record)


class Names:
    """Old ids, each with the one in its place."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = {old: new for old, new in known.items() if old != new}

    def put(self, old: str, new: str) -> None:
        """Use another id in the place of an old one from now on."""
        if old != new:
            self._known[old] = new

    def of(self, id_: str) -> str:
        """The id that stands in the place of this one."""
        return self._known.get(id_, id_)

    def within(self, words: str) -> str:
        """Words with the ids in them that stand in the place of old ones: `answer 0a1b ...`."""
        return " ".join(map(self.of, words.split(" ")))

    def renamed(self, record: R, **update: Any) -> R:
        """The record with present names, and with other values; its own id is known from now on."""
        made = self.told(record, **update)
        self.put(record.id, made.id)
        return made

    def told(self, record: R, **update: Any) -> R:
        """The same, and nothing else is to name it in the place of the record. An id that does not
        follow from the content, since somebody gave it, stays."""
        if not self._known and not update:
            return record
        content = record.model_dump(mode="json", exclude={"id"})
        now = self._replaced(content) | update
        if now == content:
            return record
        is_given = record.id != own_id(record)
        return type(record).model_validate(now | ({"id": record.id} if is_given else {}))

    def _replaced(self, content: Any) -> Any:
        if isinstance(content, str):
            return self._known.get(content, content)
        if isinstance(content, list):
            return [self._replaced(one) for one in cast(list[Any], content)]
        if isinstance(content, dict):
            items = cast(dict[str, Any], content).items()
            return {key: self._replaced(value) for key, value in items}
        return content


def own_id(record: Record) -> str:
    """The id that follows from a record's content."""
    include = set(record.IDENTITY) if record.IDENTITY else None
    return content_id(record.model_dump(mode="json", include=include, exclude={"id"}))
