"""Values of which an answer or a business has one: a language, a format, a currency, a spelling."""

from __future__ import annotations

import re
from typing import NamedTuple


class SlotValue(NamedTuple):
    """A value of a slot."""

    slot: str
    name: str


_SLOTS = {
    "language": "english french german spanish italian portuguese dutch polish swedish danish "
    "finnish "
    "norwegian czech greek turkish russian ukrainian arabic hebrew hindi chinese mandarin japanese "
    "korean latin",
    "format": "markdown|json|yaml|xml|html|csv|plain text|prose|bullet points|bullets|lists|tables",
    "currency": "dollars|euros|pounds|yen|francs|usd|eur|gbp|us dollars|pounds sterling",
    "spelling": "british english|american english|british spelling|american spelling|uk spelling|"
    "us spelling|uk english|us english",
    "units": "metric units|imperial units|the metric system|the imperial system|kilometres|miles|"
    "celsius|fahrenheit",
    "person": "first person|second person|third person",
    "tense": "present tense|past tense|future tense",
    "voice": "active voice|passive voice",
    "clock": "24-hour clock|12-hour clock|24-hour format|12-hour format",
    "case": "title case|sentence case|uppercase|lowercase|capitals",
}
_SAME = {"usd": "dollars", "us dollars": "dollars", "eur": "euros", "gbp": "pounds",
         "pounds sterling": "pounds", "mandarin": "chinese", "bullets": "bullet points",
         "uk spelling": "british", "british english": "british", "british spelling": "british",
         "uk english": "british", "us spelling": "american", "american english": "american",
         "american spelling": "american", "us english": "american", "capitals": "uppercase",
         "24-hour format": "24-hour clock", "12-hour format": "12-hour clock",
         "the metric system": "metric units", "the imperial system": "imperial units"}  # fmt: skip


def _choices(listed: str) -> list[str]:
    return listed.split("|") if "|" in listed else listed.split()


_NAMED = {name: slot for slot, listed in _SLOTS.items() for name in _choices(listed)}
_VALUE = re.compile(
    r"\b(?:in|as|into|to|with|use|using|output|return|produce|prefer|follow) (?:the |plain |valid |"
    r"only )?(?P<name>"
    + "|".join(sorted(map(re.escape, _NAMED), key=len, reverse=True))
    + r")(?: only)?(?= (?:for|in|when|if|unless|throughout|language|format)\b|[.,;]|$)"
)


def read_values(text: str) -> tuple[str, tuple[SlotValue, ...]]:
    """The lower-case text with its values replaced by their slots, and the values."""
    found: list[SlotValue] = []

    def slot(match: re.Match[str]) -> str:
        name = " ".join(match["name"].lower().split())
        found.append(SlotValue(_NAMED[name], _SAME.get(name, name)))
        return f" {{{_NAMED[name]}}}"

    return _VALUE.sub(slot, text), tuple(found)
