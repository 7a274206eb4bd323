"""Words, sentences and lines, as every check counts them."""

from __future__ import annotations

import re

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
QUOTED = re.compile(r"[\"“`]([^\"”`\n]+)[\"”`]")
LIST_MARK = re.compile(r"^[ \t]*(?:[-*•+]|\d{1,2}[.)])[ \t]+", re.M)
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"”')]*\s+(?=[\"“'(]?[A-Z0-9])|\n+")

_COUNTED = "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
NUMBER_WORDS = {word: value for value, word in enumerate(_COUNTED.split("|"))}
NUMBER = rf"(\d+|{_COUNTED})"


_FIXED = re.compile(r"\s*(?:(?:the|an?|this|exact|line|words?|sentence|phrase|text)\s+)*")


def fixed_wording(text: str, start: int) -> tuple[str, bool] | None:
    """The quoted wording that follows directly, and whether it stands on a line of its own."""
    between = _FIXED.match(text, start)
    found = QUOTED.match(text, between.end()) if between else None
    if not between or not found or not words(found[1]):
        return None
    return found[1].strip(), "line" in between[0]


def number(text: str) -> int:
    """A number written in digits or as a word up to twelve."""
    return int(text) if text.isdigit() else NUMBER_WORDS[text.lower()]


def words(text: str) -> list[str]:
    """Words of a text; hyphened and apostrophed words count once."""
    return WORD.findall(text)


def sentences(text: str) -> list[str]:
    """Sentences and lines of a text, list marks left out."""
    parts = _SENTENCE_END.split(LIST_MARK.sub("", text))
    return [part.strip() for part in parts if part and words(part)]


def lines(text: str) -> list[str]:
    """Non-empty lines, stripped."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def same_line(left: str, right: str) -> bool:
    """Equal but for case, white space, emphasis marks and a full stop at the end."""
    return _plain(left) == _plain(right)


def may_become(text: str, phrase: str) -> bool:
    """Whether a text that was cut could have gone on to be the phrase."""
    return _plain(phrase).startswith(_plain(text))


def contains(text: str, phrase: str) -> bool:
    """Whether a text holds a phrase, any case, white space folded, at word borders."""
    bare = re.escape(_plain(phrase)).replace(r"\ ", r"\s+")
    return re.search(rf"(?<!\w){bare}(?!\w)", " ".join(text.lower().split())) is not None


def _plain(text: str) -> str:
    folded = " ".join(text.replace("*", "").replace("’", "'").lower().split())
    return folded.rstrip(".!: ")
