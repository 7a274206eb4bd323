"""Find and count words, sentences, lists and other parts, the same way for every check."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Literal

Part = Literal["answer", "sentence", "paragraph", "heading", "item", "bullet", "list"]
"""A part of an answer; a bullet is an item of a list without numbers."""


@cache
def any_case(pattern: str) -> re.Pattern[str]:
    """A compiled pattern that matches in any case."""
    return re.compile(pattern, re.I)


_CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
WORD = re.compile(
    r"(?:https?://|www\.)[^\s)>\]]+|(?:[^\W\d_]\.){2,}|\d+(?:[.,:/]\d+)+"
    rf"|[{_CJK}]|(?:(?![{_CJK}])[^\W_])+(?:['’-](?:(?![{_CJK}])[^\W_])+)*"
)
"""A web address, an abbreviation ("a.m.") or a number with its marks is one word; so is each
Chinese or Japanese character, as in word processors."""
LIST_MARK = re.compile(r"^[ \t]*(?:[-*•+]|\d{1,2}[.)])[ \t]+", re.M)
_ABBREVIATED = "Mr Mrs Ms Dr Prof St vs e.g i.e approx"
_NO_END = "".join(rf"(?<!\b{re.escape(word)}\.)" for word in _ABBREVIATED.split())
_NO_COUNT = r"(?!(?<=\b(?:No|pp)\.)\s+\d)"
_SENTENCE_END = re.compile(
    rf"(?<=[.!?]){_NO_END}{_NO_COUNT}[\"”')]*\s+(?=[\"“'(]?[A-Z0-9])|(?<=[。！？])[”」』）]*(?=\S)|\n+"
)
_FENCED = re.compile(r"^ {0,3}(```++|~~~++)[^\n]*+\n.*?(?:^ {0,3}\1[`~]*[ \t]*$|\Z)", re.M | re.S)
_TABLE_ROW = re.compile(r"^[ \t]*\|.*\|[ \t]*$", re.M)
_HEADING = re.compile(r"^#{1,6}[ \t]+(?P<text>\S.*?)[ \t]*#*$")
_NUMBERED = re.compile(r"^[ \t]*\d{1,3}[.)][ \t]+(?P<text>\S.*)$")
_BULLET = re.compile(r"^[ \t]*[-*•+][ \t]+(?P<text>\S.*)$")
_OTHER = re.compile(r"[ \t]*(?:\d{1,3}[.)]|[-*•+])[ \t]+\S|#{1,6}[ \t]+\S")

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


def word_set(listed: str) -> frozenset[str]:
    """The words of a list that is written as a text."""
    return frozenset(listed.split())


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


def prose(text: str) -> str:
    """The text with one kind of line end, without code blocks, which hold no sentences."""
    return _FENCED.sub("\n", "\n".join(text.splitlines()))


def without_tables(text: str) -> str:
    """The text without the rows of its tables."""
    return _TABLE_ROW.sub("", text)


def words(text: str) -> list[str]:
    """The words of a text; a word with hyphens or apostrophes counts once."""
    return WORD.findall(text)


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text, without list marks."""
    parts = _SENTENCE_END.split(LIST_MARK.sub("", text))
    return [part.strip() for part in parts if part and words(part)]


def lines(text: str) -> list[str]:
    """Non-empty lines, stripped."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def parts(text: str, part: Part) -> list[str]:
    """The parts of one kind, in order; headings and lists are not paragraphs."""
    if part == "sentence":
        return sentences(without_tables(prose(text)))
    if part == "paragraph":
        return list(_paragraphs(without_tables(prose(text))))
    return [entry for block in lists(text, part) for entry in block]


def lists(text: str, part: Part) -> list[list[str]]:
    """The lists with their items (for headings: each alone). Other text ends a list, and items that
    are indented further than the one above them are a list of their own."""
    patterns = {"heading": (_HEADING,), "bullet": (_BULLET,)}.get(part, (_NUMBERED, _BULLET))
    blocks: list[list[str]] = []
    within: list[tuple[int, list[str]]] = []
    for line in prose(text).splitlines():
        entry = next((m for p in patterns if (m := p.match(line))), None)
        if entry:
            wide = line.expandtabs(4)
            indent = len(wide) - len(wide.lstrip())
            _open_list(indent, within, blocks).append(entry["text"])
        elif line.strip() and not line.startswith((" ", "\t")):
            within.clear()
    return blocks


def _open_list(
    indent: int, within: list[tuple[int, list[str]]], all_lists: list[list[str]]
) -> list[str]:
    """Return the list that an item with this indent belongs to; a new one if there is none."""
    while within and indent < within[-1][0] - 1:
        within.pop()
    if not within or indent > within[-1][0] + 1:
        within.append((indent, []))
        all_lists.append(within[-1][1])
    return within[-1][1]


def _paragraphs(text: str) -> Iterator[str]:
    for block in re.split(r"\n[ \t]*\n", text):
        own = (line for line in block.splitlines() if not _OTHER.match(line))
        paragraph = "\n".join(own).strip()
        if paragraph:
            yield paragraph


def within(n: int, most: int | None, least: int | None, *, cut: bool) -> bool | None:
    """Whether a count is within its limits; None where a cut answer might have had more."""
    if most is not None and n > most:
        return False
    if cut:
        return None if most is not None or n < (least or 0) else True
    return n >= (least or 0)


def each_within(
    sizes: Sequence[int], most: int | None, least: int | None, *, cut: bool
) -> bool | None:
    """Whether the sizes of all parts are within limits; the last part of a cut answer may grow."""
    whole = sizes[:-1] if cut else sizes
    too_large = any(most is not None and n > most for n in sizes)
    if too_large or not all(within(n, most, least, cut=False) for n in whole):
        return False
    return None if cut else True


def limits(most: int | None, least: int | None) -> str:
    """Limits in words."""
    if most is not None and most == least:
        return f"exactly {most}"
    parts = [f"at least {least}"] if least is not None else []
    parts += [f"at most {most}"] if most is not None else []
    return " and ".join(parts)


def same_line(left: str, right: str) -> bool:
    """Whether lines are equal but for case, white space, emphasis marks and a final full stop."""
    return _plain(left) == _plain(right)


def begins(text: str, phrase: str) -> bool:
    """Whether a line begins with a phrase, in any case, that ends at a word border."""
    start, line = _folded(phrase), _folded(text).lstrip("\"“'_ ")
    border = r"(?!\w)" * start[-1:].isalnum()
    return re.match(f"{re.escape(start)}{border}", line) is not None


def ends(text: str, phrase: str) -> bool:
    """Whether a line ends with a phrase, in any case, that begins at a word border."""
    end, line = _folded(phrase).rstrip(". "), _folded(text).rstrip('. "”_')
    border = r"(?<!\w)" * end[:1].isalnum()
    return re.search(f"{border}{re.escape(end)}$", line) is not None


def _folded(text: str) -> str:
    return " ".join(text.replace("*", "").replace("’", "'").lower().split())


def may_become(text: str, phrase: str) -> bool:
    """Whether a text that was cut could have become the phrase."""
    return _plain(phrase).startswith(_plain(text))


def contains(text: str, phrase: str) -> bool:
    """Whether a text holds a phrase at word borders, in any case, with white space folded."""
    bare = re.escape(_plain(phrase)).replace(r"\ ", r"\s+")
    return re.search(rf"(?<!\w){bare}(?!\w)", " ".join(text.lower().split())) is not None


def says(text: str, phrase: str) -> bool:
    """Whether a text holds a phrase as it is written, in any case, with white space folded.

    It begins and ends at word borders where the phrase has a word there. A full stop at its end
    belongs to the sentence.
    """
    folded = " ".join(phrase.replace("’", "'").lower().rstrip(".,").split())
    if not folded:
        return phrase in text
    left, right = (r"(?<!\w)" * folded[0].isalnum(), r"(?!\w)" * folded[-1].isalnum())
    bare = text if "*" in phrase else text.replace("*", "")
    plain = " ".join(bare.replace("’", "'").lower().split())
    return re.search(f"{left}{re.escape(folded)}{right}", plain) is not None


def _plain(text: str) -> str:
    return _folded(text).rstrip(".!: ")
