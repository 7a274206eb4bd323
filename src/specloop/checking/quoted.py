"""Read wordings that a rule quotes: at the beginning or end of an answer, one or several."""

from __future__ import annotations

from typing import NamedTuple

from specloop.checking.grammar import ANSWER, Clause, full

_KINDS = (
    r"line|sentence|words?|phrase|text|disclaimer|warning|notice|note|reminder|statement|question"
    r"|number"
)
_KIND = rf"(?:the |this |an? )?(?:exact |fixed |following |standard )*(?P<kind>{_KINDS})?:? ?"
FIXED = rf"(?:(?:the |this |an? )?(?:exact |fixed |following |standard )*(?:{_KINDS})?:? ?\"\d+\")"
"""One quotation, with or without a word for what it is."""
_OWN_LINE = r"(?P<own>,? on (?:a|its own|a separate) line(?: of its own)?)?"

_CALLED = (
    r"(?:(?:the |any of the |either of the |any )?(?:exact )?(?:words?|phrases?|terms?|expressions?"
    r"|sentences?|names?|lines?|formulas?)? ?)"
)
SEVERAL = rf"{_CALLED}\"\d+\"(?:(?:,? (?:and|or|nor|and/or)|,) {_CALLED}\"\d+\")*"
"""One or more quotations with commas, "and" or "or" between them."""


class Fixed(NamedTuple):
    """A wording that is demanded, and whether it needs a line of its own."""

    text: str
    own_line: bool


def _demands(clause: Clause) -> bool:
    return not clause.negative and not clause.may and clause.part == "answer"


def placed_phrase(clause: Clause, verbs: tuple[str, ...]) -> Fixed | None:
    """ "(end) every answer with the line "Bye."\""""
    if not _demands(clause) or clause.verb not in verbs:
        return None
    match = full(rf"(?:{ANSWER} )?with {_KIND}(?P<n>\"\d+\"){_OWN_LINE}", clause.rest)
    if match is None:
        return None
    own = bool(match["own"]) or (match["kind"] or "").lower() == "line"
    return Fixed(clause.phrases(match["n"])[0], own)


def edge_phrase(clause: Clause, edge: str) -> Fixed | None:
    """ "the last line of every answer must be "Bye."\", read as a clause of the verb "edge"."""
    match = (
        full(rf"(?:{edge}) (?P<kind>line|sentence|words?) (?P<n>\"\d+\")", clause.rest)
        if clause.verb == "edge" and _demands(clause)
        else None
    )
    return Fixed(clause.phrases(match["n"])[0], match["kind"] == "line") if match else None


def added_phrase(clause: Clause, place: str) -> Fixed | None:
    """ "(add) the line "Bye." at the end of every answer\""""
    match = full(rf"{_KIND}(?P<n>\"\d+\") (?:{place})(?: of {ANSWER})?", clause.rest)
    if match is None or not _demands(clause):
        return None
    return Fixed(clause.phrases(match["n"])[0], (match["kind"] or "").lower() == "line")
