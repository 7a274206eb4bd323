"""The kinds of characters that rules speak of, and how they are found in a text."""

from __future__ import annotations

import re

from specloop.checking.text import prose

_SYMBOLS = """
2600-2604 260E 2611 2614-2615 2618 261D 2620 2622-2623 2626 262A 262E-262F 2638-263A 2640 2642
2648-2653 265F-2660 2663 2665-2666 2668 267B 267E-267F 2692-2697 2699 269B-269C 26A0-26A1 26A7
26AA-26AB 26B0-26B1 26BD-26BE 26C4-26C5 26C8 26CE-26CF 26D1 26D3-26D4 26E9-26EA 26F0-26F5
26F7-26FA 26FD 2702 2705 2708-270D 270F 2712 2714 2716 271D 2721 2728 2733-2734 2744 2747 274C
274E 2753-2755 2757 2763-2764 2795-2797 27A1 27B0 27BF 231A-231B 23E9-23F3 23F8-23FA 25FD-25FE
2B05-2B07 2B1B-2B1C 2B50 2B55
"""
"""Emojis below U+10000, after Unicode's emoji-data.txt (no text check marks and stars)."""


def _ranges(listed: str) -> str:
    ends = (range_.partition("-") for range_ in listed.split())
    return "".join(f"\\u{first}" + (f"-\\u{last}" if last else "") for first, _, last in ends)


_EMOJI = (
    rf"(?:[\U0001F300-\U0001FAFF\U0001F004\U0001F0CF\U0001F170-\U0001F19A\U0001F201-\U0001F251"
    rf"{_ranges(_SYMBOLS)}]|[\u00a9\u00ae\u203c-\u3299]\ufe0f|[0-9#*]\ufe0f?\u20e3)"
)
_VARIANTS = r"\ufe0f\U0001F3FB-\U0001F3FF\U000E0020-\U000E007F"
_FLAG = r"[\U0001F1E6-\U0001F1FF]{1,2}"
MARKS = {
    "exclamation marks": r"[!！]",
    "question marks": r"[?？]",
    "semicolons": r"[;；]",
    "emojis": rf"{_FLAG}|{_EMOJI}(?:[{_VARIANTS}]|\u200d{_EMOJI})*",
    "emoticons": r"(?<!\w)[:;=]-?[()DPp/|](?!\w)",
    "parentheses": r"[()（）]",
    "square brackets": r"[\[\]]",
    "dashes": r"[–—]",
    "em dashes": r"—",
    "en dashes": r"–",
    "commas": r",",
    "digits": r"\d",
    "asterisks": r"\*",
    "ampersands": r"&",
    "hashtags": r"(?<![\w#])#[^\W\d]\w*",
    "ellipses": r"\.\.\.|…",
}
NAMES = {
    **{name: name for name in MARKS},
    **{name.removesuffix("es" if "dashes" in name else "s"): name for name in MARKS},
    "emoji": "emojis",
    "exclamation point": "exclamation marks",
    "exclamation points": "exclamation marks",
    "ellipsis": "ellipses",
    "parenthesis": "parentheses",
    "round brackets": "parentheses",
    "numerals": "digits",
}
"""What wordings call each kind, in the singular and the plural."""


def count(mark: str, text: str) -> int:
    """How many of a kind a text holds; an emoji of several code points counts once.

    Marks in code blocks are not punctuation.
    """
    return len(re.findall(MARKS[mark], text if mark == "emojis" else prose(text)))
