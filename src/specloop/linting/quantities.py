"""Amounts in a wording: "at most 80 words", "within 14 days", "from 9 to 5", "Monday to Friday"."""

from __future__ import annotations

import re
from math import inf
from typing import NamedTuple

from specloop.checking.text import NUMBER, number, word_set
from specloop.linting.words import stem

TEXT_UNITS = frozenset(
    map(stem, word_set("word sentence paragraph line character bullet item heading question"))
)
"""Units of an answer's own text: "at most 80 words" needs no noun to say what has them."""

_SECONDS = {
    "second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800, "month": 2_629_746,
    "year": 31_556_952,
}  # fmt: skip
_MONEY = {"$": "dollar", "€": "euro", "£": "pound"}
_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Quantity(NamedTuple):
    """An amount of a unit; `exact` where the wording gives no limit but a number or a range."""

    unit: str
    least: float
    most: float
    exact: bool = False

    def excludes(self, other: Quantity) -> bool:
        """Whether no amount is within both."""
        if self.unit in ("clock", "weekday"):
            return self != other
        return self.most < other.least or other.most < self.least

    def differs(self, other: Quantity) -> bool:
        """Whether both set the same kind of limit, at another amount."""
        uppers = self.least == other.least == -inf and abs(self.most - other.most) > 1
        lowers = self.most == other.most == inf and abs(self.least - other.least) > 1
        return uppers or lowers


_MOST = (
    r"at (?:the )?most|no more than|not more than|never more than|no longer than|not longer than|"
    r"up to|(?:a )?maximum(?: of)?|max\.?|within|limited? to|not exceed|(?:no|not) later than|"
    r"not (?:be )?over|in no more than"
)
_LEAST = r"at (?:the )?least|no fewer than|no less than|not less than|(?:a )?minimum(?: of)?|min\.?"
_OVER = r"more than|longer than|over|above|exceed(?:s|ing)?|greater than"
_UNDER = r"fewer than|less than|under|below|shorter than"
_ABOUT = r"about|around|approximately|roughly|some|nearly|almost"
_AMOUNT = re.compile(
    rf"(?:\b(?P<most>{_MOST})|\b(?P<least>{_LEAST})|\b(?P<over>{_OVER})|\b(?P<under>{_UNDER})|"
    rf"\b(?P<about>{_ABOUT}))?\s*(?:\b(?:an? |of |exactly ))*(?P<money>[$€£])? ?(?<![\w.:/-])"
    rf"(?P<n>{NUMBER})(?![\w:/]|\.\d|,\d|-\d|(?:st|nd|rd|th)\b)"
    r"(?: ?(?P<percent>%)|[ -](?P<unit>[a-z]{2,}))?"
)
_TIME = r"(\d{1,2})(?:[:.](\d\d))? ?([ap]\.?m\b\.?)?"
_CLOCK = re.compile(
    rf"\b(?:from |between )?{_TIME} ?(?:to|until|till|and|–|—|-) ?{_TIME}(?! ?%| ?[a-z])"
)
_DEADLINE = re.compile(rf"\bdeadline {_TIME}")
"""`words.in_phrases` writes "before 9:00" so."""
_WEEK = re.compile(rf"\b({'|'.join(_DAYS)})s? ?(?:to|through|until|–|—|-) ?({'|'.join(_DAYS)})s?\b")
_AGE = re.compile(
    r"(?:at least )?\b(\d+)(?: years?(?: old| of age)?)? (?:or|and) (?:older|over|above)\b"
)
_REFERS = re.compile(
    r"\b(?:section|rule|step|chapter|clause|article|appendix|paragraph|point|part|page|version|rfc|"
    r"table|figure|level|phase|number|no\.|option|grade) ?$"
)
_NO_UNIT = word_set("of or and to in on for at per the a an is are if times percent from with")


def read_quantities(text: str) -> tuple[str, tuple[Quantity, ...], bool]:
    """A text in small letters without its amounts, these, and whether all could be read."""
    found: list[Quantity] = []
    whole = True
    kept: list[str] = []
    at = 0
    text = _AGE.sub(r"at least \1 years", _ranges(text, found))
    for match in _AMOUNT.finditer(text):
        if _REFERS.search(text[: match.start("n")]):
            continue
        if _is_bare(match):
            continue
        quantity = _amount(match)
        whole = whole and quantity is not None
        found += [quantity] if quantity else []
        kept.append(text[at : match.start()])
        at = match.end()
    kept.append(text[at:])
    return " ".join(kept), tuple(found), whole


def _ranges(text: str, found: list[Quantity]) -> str:
    """Take out the ranges of clock and weekdays."""

    def clock(match: re.Match[str]) -> str:
        start, end = _minutes(*match.groups()[:3]), _minutes(*match.groups()[3:])
        if start is None or end is None:
            return match[0]
        found.append(Quantity("clock", start, end, exact=True))
        return " "

    def week(match: re.Match[str]) -> str:
        first, last = (_DAYS.index(match[n].lower()) for n in (1, 2))
        found.append(Quantity("weekday", first, last, exact=True))
        return " "

    def deadline(match: re.Match[str]) -> str:
        latest = _minutes(*match.groups())
        if latest is None:
            return match[0]
        found.append(Quantity("deadline", -inf, latest))
        return " "

    return _DEADLINE.sub(deadline, _CLOCK.sub(clock, _WEEK.sub(week, text)))


def _minutes(hour: str, minute: str | None, half: str | None) -> int | None:
    """Minutes since midnight; None if it is no time of day."""
    hours = int(hour)
    if hours > 24 or (half and hours > 12):
        return None
    if half:
        hours = hours % 12 + (12 if half.lower().startswith("p") else 0)
    return 60 * hours + int(minute or 0)


def _amount(match: re.Match[str]) -> Quantity | None:
    """What a match says; None for a vague amount or one that cannot be compared."""
    if match["about"]:
        return None
    unit, n = _unit(match), float(number(match["n"]))
    if unit in _SECONDS:
        unit, n = "time", n * _SECONDS[unit]
    if match["most"]:
        return Quantity(unit, -inf, n)
    if match["least"]:
        return Quantity(unit, n, inf)
    if match["over"]:
        return Quantity(unit, n + 1, inf)
    if match["under"]:
        return Quantity(unit, -inf, n - 1)
    return Quantity(unit, n, n, exact=True)


def _is_bare(match: re.Match[str]) -> bool:
    """Whether it is a number of nothing, as in "one of them"."""
    limit = match["most"] or match["least"] or match["over"] or match["under"] or match["about"]
    return not limit and not _unit(match)


def _unit(match: re.Match[str]) -> str:
    if match["percent"]:
        return "percent"
    if match["money"]:
        return _MONEY[match["money"]]
    word = (match["unit"] or "").lower()
    if word in _NO_UNIT:
        return ""
    singular = word.removesuffix("s")
    return singular if singular in _SECONDS else stem(word)
