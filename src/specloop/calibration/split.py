"""The two parts of gold: one to choose wordings and options on, one to certify the chosen on.

Cases of one section, of one group or of one request are not independent, so they are never in both
parts; nor are cases that hang together by others, as where one request stands under two sections.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from specloop.draws import chance
from specloop.records import GoldCase, GoldPair, GoldPart, content_id

GoldSubject = GoldCase | GoldPair


def parts_of(cases: Sequence[GoldSubject]) -> dict[str, GoldPart]:
    """The part of each case by its id.

    It follows from the name of all that hang together, so it is the same in every run; further
    labels move cases only where they join what did not hang together before.
    """
    return {id_: _part(name) for id_, name in together(cases).items()}


def together(cases: Sequence[GoldSubject]) -> dict[str, str]:
    """By the id of each case a name that is the same for all that hangs together: the first, by the
    alphabet, of the names that they share."""
    first: dict[str, str] = {}

    def root(name: str) -> str:
        while first.setdefault(name, name) != name:
            first[name] = name = first[first[name]]
        return name

    for case in cases:
        names = list(_names(case))
        for name in names:
            lower, upper = sorted((root(names[0]), root(name)))
            first[upper] = lower
    return {case.id: root(next(_names(case))) for case in cases}


def _names(case: GoldSubject) -> Iterator[str]:
    """What a case shares with others. Sections come before groups in the alphabet, so that in most
    gold a part goes by the section."""
    if case.section:
        yield f"a {' > '.join(case.section)}"
    if case.group:
        yield f"b {case.group}"
    asked = [turn.content for turn in case.messages]
    if any(text.strip() for text in asked):
        yield f"b {content_id(asked)}"
    yield f"c {case.id}"


def _part(name: str) -> GoldPart:
    return "choose" if chance("the part of gold", name[2:]) < 0.5 else "certify"
