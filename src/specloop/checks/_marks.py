"""Characters that a rule may speak of, and how a text is searched for them."""

from __future__ import annotations

import re

_EMOJI = r"[\U0001F300-\U0001FAFF\u2600-\u27BF]"
_FLAG = r"[\U0001F1E6-\U0001F1FF]{1,2}"
MARKS = {
    "exclamation marks": r"!",
    "question marks": r"\?",
    "semicolons": r";",
    "emojis": rf"{_FLAG}|{_EMOJI}(?:[\ufe0f\U0001F3FB-\U0001F3FF]|\u200d{_EMOJI})*",
    "emoticons": r"(?<!\w)[:;=]-?[()DPp/|](?!\w)",
    "parentheses": r"[()]",
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
_OTHER_NAMES = {
    "emoji": "emojis",
    "exclamation point": "exclamation marks",
    "exclamation points": "exclamation marks",
    "ellipsis": "ellipses",
    "parenthesis": "parentheses",
    "round brackets": "parentheses",
    "numerals": "digits",
}
NAMES = (
    {name: name for name in MARKS}
    | {re.sub("es$", "", name) if name.endswith("dashes") else name[:-1]: name for name in MARKS}
    | _OTHER_NAMES
)
"""How a wording calls each kind, in the singular and the plural."""


def count(mark: str, text: str) -> int:
    """How many of a kind a text holds; an emoji of several code points is one."""
    return len(re.findall(MARKS[mark], text))
