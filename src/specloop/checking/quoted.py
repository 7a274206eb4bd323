"""Read wordings that a rule quotes: at the beginning or end of an answer, one or several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from specloop.checking.base import Addition, Check
from specloop.checking.grammar import ANSWER, Clause

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


class EdgeLine(Check):
    """The answer has the phrase at its beginning or end; `own_line` asks for a line of its own."""

    stage = "present"

    phrase: str
    own_line: bool = False

    place: ClassVar[Literal["opening", "closing"]]
    verb: ClassVar[str]
    patterns: ClassVar[Mapping[str, str]]
    """Patterns of a clause's rest, by verbs."""

    @classmethod
    def compile(cls, clause: Clause) -> Self | None:
        """The check for a clause that one of the patterns takes."""
        match = clause.demands(cls.patterns)
        if match is None:
            return None
        own_line = match.groupdict().get("own") or (match["kind"] or "").lower() == "line"
        return cls(phrase=clause.phrases(match["n"])[0], own_line=bool(own_line))

    def addition(self) -> Addition:
        """The phrase in its place."""
        return Addition(self.place, self.phrase)

    def describe(self) -> str:
        """The phrase and where it is."""
        return f'{self.verb} with "{self.phrase}"'


PLACED = rf"(?:{ANSWER} )?with {_KIND}(?P<n>\"\d+\"){_OWN_LINE}"
""" "(end) every answer with the line "Bye."\""""


def at_edge(edge: str) -> str:
    """ "the last line of every answer must be "Bye."\", read as a clause of the verb "edge"."""
    return rf"(?:{edge}) (?P<kind>line|sentence|words?) (?P<n>\"\d+\")"


def added(place: str) -> str:
    """ "(add) the line "Bye." at the end of every answer\""""
    return rf"{_KIND}(?P<n>\"\d+\") (?:{place})(?: of {ANSWER})?"
