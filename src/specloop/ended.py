"""How an answer ended, and whether it holds any text. Pure.

An empty answer is never an answer. Where a text did not end by itself (cut, broken off by a filter,
ended otherwise), what its end might have said is open. Where there is no text (blank, nothing but
thought, withheld by a filter, a failed call), no rule or spec can be applied: it is neither kept
nor broken, and the answer is neither short nor polite.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Literal

from specloop.htmltext import unescaped, without_open_comments

Finish = Literal["stop", "length", "filter", "other"]
"""How a backend says a reply ended; the model itself ended it only with `stop`."""
Silence = Literal["", "blank", "reasoning", "filter", "call"]
"""Why an answer is empty. It is kept beside the text, which does not show it."""
End = Literal["whole", "cut", "filtered", "other", "blank", "reasoning", "withheld", "failed"]

UNENDED: tuple[End, ...] = ("cut", "filtered", "other")
"""There is a text, which did not end by itself."""
NOTHING: tuple[End, ...] = ("blank", "reasoning", "withheld", "failed")
"""There is no text."""
MUCH = 0.02
"""From this share on, every rate names the answers that are not whole."""

_SAYING = frozenset({"Sc", "Sm", "So"})
"""Unicode categories besides letters and numbers that say something: signs and pictures."""
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0\ufffc\ufffd")
"""Letters and signs that are blank, or stand for lost characters."""
_DATA = frozenset("[]{}")
"""An empty list or object is an answer when data is asked for."""
_WORD = re.compile(r"[A-Za-z0-9]")
_TAGS = re.compile(
    r"<!--.*?-->|<\|[^|<>]*\|>"
    r"|</?(?!(?:img|svg|picture|video|audio|iframe|input|button|math)\b)[a-z][^<>]*>",
    re.I | re.S,
)
"""Comments, control tokens, and tags that show nothing by themselves."""
_WORDS: Mapping[End, str] = {
    "whole": "",
    "cut": "the answer was cut at the token limit",
    "filtered": "a content filter broke the answer off",
    "other": "the answer was broken off, for a reason the server does not name",
    "blank": "nothing was said: the reply is blank or holds no word",
    "reasoning": "the reply stood wholly in the reasoning field, with no answer after it",
    "withheld": "a content filter withheld the answer",
    "failed": "the call failed",
}
_SHORT: Mapping[End, str] = {
    "cut": "cut",
    "filtered": "broken off by a filter",
    "other": "ended otherwise",
    "blank": "blank",
    "reasoning": "reasoning only",
    "withheld": "withheld by a filter",
    "failed": "failed calls",
}
_REMEDIES: Mapping[End, str] = {
    "blank": "look at the model's chat template and stop strings, or raise max_tokens",
    "reasoning": (
        "raise max_tokens, turn thinking off in the role's options, or set the server's reasoning"
        " parser right"
    ),
    "withheld": "take a model or an account without that filter",
}


def is_blank(text: str) -> bool:
    """Whether a text says nothing: no letter, number, sign or picture, apart from tags that show
    nothing.

    Dots, rules, quotes and empty code blocks are such texts. In a code block tags count as text.
    """
    if _WORD.match(text):
        return False
    shown = text if "`" in text else unescaped(_TAGS.sub("", without_open_comments(text)))
    return not any(map(_says, set(shown)))


def _says(character: str) -> bool:
    if character.isascii():
        return character.isalnum() or character in _DATA
    category = unicodedata.category(character)
    return (category[0] in "LN" or category in _SAYING) and character not in _FILLERS


def silence(text: str, finish: Finish, reasoning: str = "") -> Silence:
    """Why a reply holds no answer; empty if it holds one."""
    if not is_blank(text):
        return ""
    if finish == "filter":
        return "filter"
    return "blank" if is_blank(reasoning) else "reasoning"


def end_of(text: str, finish: Finish, silent: Silence = "") -> End:
    """How an answer ended; `silent` says why it is empty."""
    if is_blank(text):
        kinds: dict[Silence, End] = {
            "filter": "withheld",
            "reasoning": "reasoning",
            "call": "failed",
        }
        return kinds.get(silent or silence(text, finish), "blank")
    ends: dict[Finish, End] = {"stop": "whole", "length": "cut", "filter": "filtered"}
    return ends.get(finish, "other")


def in_words(end: End) -> str:
    """Why a verdict cannot be given; empty for a whole answer."""
    return _WORDS[end]


def with_remedy(end: End) -> str:
    """The same, with what to do about it."""
    remedy = _REMEDIES.get(end, "")
    return f"{_WORDS[end]}; {remedy}" if remedy else _WORDS[end]


def short_words(end: End) -> str:
    """A short name for a count of such answers."""
    return _SHORT.get(end, "whole")


def tally(ends: Iterable[End]) -> dict[End, int]:
    """How many answers did not end whole, by kind; kinds without an answer are left out."""
    listed = list(ends)
    counts: dict[End, int] = {end: listed.count(end) for end in (*NOTHING, *UNENDED)}
    return {end: n for end, n in counts.items() if n}
