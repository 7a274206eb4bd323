"""Read limits in a wording: at most, at least, exactly or between so many of something."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import ClassVar, NamedTuple, Self

from specloop.checking.base import Check
from specloop.checking.grammar import NAMED, Clause, full
from specloop.checking.text import NUMBER, Part, limits, number


class Limit(NamedTuple):
    """The most and the least that are allowed, and the part they are about."""

    most: int | None
    least: int | None
    part: Part = "answer"


_N = NUMBER
_MOST = (
    r"(?:at (?:the )?most|(?:no|not) more than|(?:no|not) longer than|a maximum of|maximum|max\.?"
    r"|up to|within|not exceeding|a limit of)"
)
_UNDER = r"(?:fewer than|less than|under|below|shorter than)"
_LEAST = r"(?:at least|(?:no|not) (?:fewer|less|shorter) than|a minimum of|minimum|min\.?)"
_OVER = r"(?:more than|over|above|beyond|longer than)"
_LONG = r"(?: (?:long|in length))?"


def _forms(unit: str) -> tuple[tuple[str, int | None, int | None], ...]:
    """Patterns, each with what to add to its number for the most and for the least allowed."""
    return (
        (rf"{_MOST} {_N} {unit}", 0, None),
        (rf"{_N} {unit} (?:or fewer|or less|or shorter|at (?:the )?most|maximum|max)", 0, None),
        (rf"{_N} or (?:fewer|less) {unit}", 0, None),
        (rf"{_UNDER} {_N} {unit}", -1, None),
        (rf"{_LEAST} {_N} {unit}", None, 0),
        (rf"{_N} {unit} (?:or more|or longer|at least|minimum)", None, 0),
        (rf"{_N} or more {unit}", None, 0),
        (rf"{_OVER} {_N} {unit}", None, 1),
        (rf"(?:exactly|precisely) {_N} {unit}", 0, 0),
    )


def _ranges(unit: str) -> tuple[str, ...]:
    return (
        rf"between {_N} and {_N} {unit}",
        rf"(?:from )?{_N} ?(?:to|-|–) ?{_N} {unit}",
        rf"at least {_N}(?: {unit})? (?:and|but) (?:at most|no more than) {_N} {unit}",
    )


def read_limit(text: str, unit: str, *, bare: bool = False) -> Limit | None:
    """The limit that a whole text states; `bare` reads "three sentences" as exactly three."""
    text = text.removesuffix(" long").removesuffix(" in length")
    for pattern, most, least in _forms(unit):
        match = full(pattern, text)
        if match:
            n = number(match[1])
            highest, lowest = (None if add is None else n + add for add in (most, least))
            return Limit(highest, lowest)
    for pattern in (*_ranges(unit), rf"{_N} or {_N} {unit}"):
        match = full(pattern, text)
        if match and number(match[1]) < number(match[2]):
            return Limit(number(match[2]), number(match[1]))
    alone = full(rf"(?:a single|only a single|{_N}) {unit}", text) if bare else None
    if alone:
        n = number(alone[1]) if alone[1] else 1
        return Limit(n, n)
    return None


_KEEPING = ("keep", "limit", "restrict", "cap", "hold")
_KEPT = r"(?:kept|limited|restricted|held|capped)"
_WRITING = ("use", "write", "give", "produce", "include", "contain", "have", "add", "make")
_ANSWERING = ("answer", "reply", "respond", "write")


def limit_of(clause: Clause, unit: str, *, exact: bool = True) -> Limit | None:
    """The limit on the number of `unit`; `exact` reads "in three sentences" as exactly three."""
    if not re.search(unit, clause.rest, re.I):
        return None
    limit = _upper(clause, unit) if clause.negative else _positive(clause, unit, exact)
    if limit is None or (clause.may and not clause.negative and limit.least is not None):
        return None
    return limit if limit.part != "answer" else limit._replace(part=clause.part)


def _upper(clause: Clause, unit: str) -> Limit | None:
    """What a prohibition still allows: "do not write more than ..." allows up to that many."""
    rest = clause.rest
    if clause.verb in _ANSWERING and (match := full(r"(?:in|with|using) (?P<n>.+)", rest)):
        rest = match["n"]
    if clause.verb == "exceed":
        return _allowed(full(rf"{_N} {unit}", rest))
    if clause.verb not in (*_WRITING, *_ANSWERING, "be", "go", "ask"):
        return None

    def over(text: str) -> Limit | None:
        return _allowed(full(rf"{_OVER} {_N} {unit}{_LONG}", text))

    limit = None
    if clause.verb in _WRITING:  # "sentences of more than 20 words"
        limit = _by_part(rest, "(?:(?:of|with|that have) )?", over)
    under = full(rf"{_UNDER} {_N} {unit}{_LONG}", rest)
    return limit or over(rest) or (Limit(None, number(under[1])) if under else None)


def _allowed(forbidden: re.Match[str] | None) -> Limit | None:
    return Limit(number(forbidden[1]), None) if forbidden else None


def _positive(clause: Clause, unit: str, exact: bool) -> Limit | None:
    verb, rest = clause.verb, clause.rest
    if verb in _KEEPING:  # "every answer under 40 words"
        return _by_part(rest, "(?:short: )?", lambda n: _to(n, unit))
    if verb == "be":
        limited = full(rf"{_KEPT} (?P<n>.+)", rest)
        return _to(limited["n"], unit) if limited else read_limit(rest, unit, bare=exact)
    if verb in ("stay", "remain"):
        return read_limit(rest, unit)
    if verb == "consist":
        return read_limit(rest.removeprefix("of "), unit, bare=exact)
    limit = _in(rest, unit, exact) if verb in _ANSWERING else None
    if limit is None and verb in _WRITING:
        limit = read_limit(rest, unit, bare=exact) or _by_part(
            rest, "(?:of|with) ", lambda n: read_limit(n, unit), ("answer", "sentence", "paragraph")
        )  # "sentences of at most 20 words"
    return limit


def _by_part(
    rest: str, joint: str, read: Callable[[str], Limit | None], parts: Iterable[Part] = NAMED
) -> Limit | None:
    """The limit on a part that the text names first."""
    for part in parts:
        match = full(rf"{NAMED[part]} {joint}(?P<n>.+)", rest)
        limit = read(match["n"]) if match else None
        if limit:
            return limit._replace(part=part)
    return None


def _to(text: str, unit: str) -> Limit | None:
    """ "to 40 words", "to at most 40 words", "under 40 words" """
    match = full(r"(?:to|at|within|in) (?P<n>.+)", text)
    if match is None:
        return read_limit(text, unit)
    limit = read_limit(match["n"], unit, bare=True)
    alone = limit and limit.most == limit.least and not full(r"exactly .+", match["n"])
    return Limit(limit.most, None) if limit and alone else limit


def _in(rest: str, unit: str, exact: bool) -> Limit | None:
    """ "in at most two sentences" """
    match = full(r"(?:(?:briefly|concisely)[,:] )?(?:in|with|using) (?P<n>.+)", rest)
    return read_limit(match["n"] if match else rest, unit, bare=exact and match is not None)


class UnitCount(Check):
    """The answer has at most and at least so many of a unit of text."""

    stage = "present"
    of_form = True

    most: int | None = None
    least: int | None = None

    unit: ClassVar[str]
    exact: ClassVar[bool] = True

    @classmethod
    def compile(cls, clause: Clause) -> Self | None:
        """The limits of a clause on the answer as a whole."""
        limit = limit_of(clause, rf"{cls.unit}s?", exact=cls.exact)
        if limit is None or limit.part != "answer":
            return None
        return cls(most=limit.most, least=limit.least)

    def describe(self) -> str:
        """Limits in words."""
        return f"{limits(self.most, self.least)} {self.unit}" + "s" * (self.most != 1)
