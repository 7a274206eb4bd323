"""Words, sentences and lines, as every check counts them."""

from __future__ import annotations

import re

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
LIST_MARK = re.compile(r"^[ \t]*(?:[-*•+]|\d{1,2}[.)])[ \t]+", re.M)
_SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!\bMr\.)(?<!\bMrs\.)(?<!\bMs\.)(?<!\bDr\.)(?<!\bProf\.)(?<!\bSt\.)(?<!\bvs\.)"
    r"(?<!\be\.g\.)(?<!\bi\.e\.)[\"”')]*\s+(?=[\"“'(]?[A-Z0-9])|\n+"
)

_COUNTED = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
NUMBER_WORDS = {word: value for value, word in enumerate(_COUNTED.split())} | {
    word: 10 * value for value, word in enumerate(_TENS.split(), 2)
}
_WORDS = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
NUMBER = (
    rf"(\d{{1,3}}(?:,\d{{3}})+|\d+|(?:(?:an?|{_WORDS}) hundred)"
    rf"|(?:{_TENS.replace(' ', '|')})-(?:{_WORDS})|an? dozen|{_WORDS})"
)


def number(text: str) -> int:
    """A number written in digits or in words up to nine hundred."""
    plain = text.lower().replace(",", "")
    if plain.isdigit():
        return int(plain)
    if plain.endswith("dozen"):
        return 12
    if plain.endswith("hundred"):
        return 100 * NUMBER_WORDS.get(plain.removesuffix(" hundred"), 1)
    return sum(NUMBER_WORDS[word] for word in plain.split("-"))


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


def within(n: int, most: int | None, least: int | None, *, cut: bool) -> bool | None:
    """Whether a count keeps its limits; None where more might have come in a cut answer."""
    if most is not None and n > most:
        return False
    if cut:
        return None if most is not None or n < (least or 0) else True
    return n >= (least or 0)


def limits(most: int | None, least: int | None) -> str:
    """Limits in words."""
    if most is not None and most == least:
        return f"exactly {most}"
    parts = [f"at least {least}"] if least is not None else []
    parts += [f"at most {most}"] if most is not None else []
    return " and ".join(parts)


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


def says(text: str, phrase: str) -> bool:
    """Whether a text holds a phrase as it is written: any case, white space folded, at word
    borders where the phrase has a word there. A full stop at its end is the sentence's."""
    folded = " ".join(phrase.replace("’", "'").lower().rstrip(".,").split())
    if not folded:
        return phrase in text
    left, right = (r"(?<!\w)" * folded[0].isalnum(), r"(?!\w)" * folded[-1].isalnum())
    bare = text if "*" in phrase else text.replace("*", "")
    plain = " ".join(bare.replace("’", "'").lower().split())
    return re.search(f"{left}{re.escape(folded)}{right}", plain) is not None


def _plain(text: str) -> str:
    folded = " ".join(text.replace("*", "").replace("’", "'").lower().split())
    return folded.rstrip(".!: ")
