"""A version of a document that a run had before: its records are those of then, all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from specloop.records import Record, SetAside, content_id
from specloop.revision.carrying import KINDS, Carried
from specloop.revision.due import Due
from specloop.revision.falling import Records
from specloop.revision.rulemap import RuleMap


class FormerRecords(NamedTuple):
    """A run as it was when it left a version of its document."""

    records: Records
    held_out: frozenset[str]


def restored(carried: Carried, former: FormerRecords, rules: RuleMap, document: str) -> Carried:
    """Go back to it: what was carried over and is not of that version is set aside, and nothing is
    left to do. `document` is the digest of the version left."""
    others = [
        SetAside(
            file=one.FILE,
            content=one.model_dump(mode="json"),
            reason="it was made for another version of the document",
            rules=tuple(sorted(rules.changed)),
            against=rules.fresh,
            document=document,
            place=place,
        )
        for place, one in _others(carried.records, former.records)
    ]
    back = {
        (kind.FILE, content_id(one.model_dump(mode="json")))
        for kind in KINDS
        for one in former.records.of(kind)
    }
    stay, fell = (
        [one for one in asides if (one.file, content_id(one.content)) not in back]
        for asides in (carried.asides, carried.fell)
    )
    return Carried(
        former.records,
        tuple({one.id: one for one in (*stay, *others)}.values()),
        former.held_out,
        Due(),
        (*fell, *others),
        {kind.FILE: _n_back(carried, former.records, kind) for kind in KINDS},
        0,
        carried.names,
    )


def _others(records: Records, former: Records) -> Iterator[tuple[int, Record]]:
    for kind in KINDS:
        known = {one.id: one for one in former.of(kind)}
        for place, one in enumerate(records.of(kind)):
            if known.get(one.id) != one:
                yield place, one


def _n_back(carried: Carried, former: Records, kind: type[Record]) -> int:
    """How many of its records were not in force in the version left."""
    known = {one.id for one in former.of(kind)}
    n_there = sum(one.id in known for one in carried.records.of(kind))
    return len(former.of(kind)) - max(0, n_there - carried.n_back.get(kind.FILE, 0))
