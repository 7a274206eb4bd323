"""Documents whose headings are the rules ("Avoid shared accounts")."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from specloop.checking.text import any_case
from specloop.spec.identity import unnumbered
from specloop.spec.sections import SectionBlocks
from specloop.spec.wording import obligation

_NOT_A_THING = any_case(r"not \w+s")
"""A heading that names what something is not ("Not responsibilities")."""
MIN_HEADINGS, MOSTLY = 4, 0.7
"""How many headings of a level, and how many of its headings, must instruct to be rules beside
those of their sections."""


def told_by_headings(parts: Sequence[SectionBlocks]) -> Iterator[int]:
    """The sections of documents whose headings are the rules ("Avoid shared accounts")."""
    levels: dict[int, list[int]] = {}
    for at, part in enumerate(parts):
        if part.heading_span and not part.authority:
            levels.setdefault(part.section.level, []).append(at)
    for places in levels.values():
        telling = [at for at in places if instructs(unnumbered(parts[at].heading), told=True)]
        if len(telling) >= max(MIN_HEADINGS, MOSTLY * len(places)):
            yield from telling


def instructs(heading: str, *, told: bool) -> bool:
    """Whether a heading is an instruction; `told` if it must be one in so many words."""
    duty = None if _NOT_A_THING.fullmatch(heading) else obligation(heading)
    return duty is not None and not (told and (duty.force == "indicative" or " " not in heading))
