"""Turn tokens: strings that a tokenizer or a chat template may take for the end of a turn.

They are known by their shape: a name between bars (`<|im_end|>`, `<turn|>`), triangles or tildes, a
byte (`<0x0A>`), brackets around a word of control (`<s>`, `[INST]`) or around a name made of such
words (`<start_of_turn>`, `[TOOL_CALLS]`). HTML (but for `<s>`), placeholders such as `[NAME]` or
`<user_id>` and types such as `List<T>` are ordinary text, and so are headings (`### Instruction:`),
which no tokenizer knows.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

_ALONE = """
s pad unk sep cls mask gmask smask sys inst human bot role turn channel tool tools think thinking
thought thoughts reasoning scratchpad escape special seed args arg end prefix suffix middle function
"""
_IN_SQUARES = "system user assistant img audio stop"
_STRONG = """
pad unk gmask mask sys inst turn call calls think thinking longcat seed arg unused extra reserved
special control ctrl dummy fim repo gh jupyter im tokenizer
"""
_WEAK = """
start end begin break of system user assistant human bot model role tools func function file sep img
image audio video soft header token use prompt available content settings message channel thought
output outputs prefix suffix middle
"""
ALONE = frozenset(_ALONE.split())
"""Words that brackets make a token."""
IN_SQUARES = frozenset(_IN_SQUARES.split())
"""Words in capitals that only square brackets do: `<user>` is a tag of documents, too."""
STRONG = frozenset(_STRONG.split())
"""Parts that make any longer name a token."""
WEAK = frozenset(_WEAK.split())
"""Parts that do so two at a time."""
_ABBREVIATED = re.compile(
    r"bo[sm]|[es]o[stmpdha]|unk|cls|[gs]?mask|sys|inst|im|fim|(?:unused|control)_?\d+"
    r"|(?:start|end|begin)_of_[a-z]+"
)
"""Names that are no words of a language: tokens in small letters too, and parts as `STRONG`."""
_PARTS = re.compile(r"[a-z]+|\d+")

_BETWEEN = re.compile(
    r"<\s{0,8}\|[^\n<>]{0,80}?\|\s{0,8}>|<\s{0,8}\|\s{0,8}[\w/]{1,40}\s{0,8}>"
    r"|<\s{0,8}[\w/]{1,40}\s{0,8}\|\s{0,8}>|\[\|[\w/ ]{1,40}\|\]"
    r"|[◁◀][^\n◁▷◀▶]{1,40}[▷▶]|\]~!?\w{1,8}[\[\]]|\[\w{1,8}~\["
)
_ANGLE = re.compile(
    r"<{1,2}\s{0,8}/?\s{0,8}(?P<name>[\w:▁]{1,60})(?:[\s=\-][^<>\n]{0,80})?/?\s{0,8}>{1,2}"
)
_SQUARE = re.compile(r"\[\s{0,8}/?\s{0,8}(?P<name>[\w:▁]{1,60})\s{0,8}\]")
_BEGINNINGS = ("<", "[", "]~", "◁", "◀", "＜", "［", "﹤")
_PLAIN = re.compile(r"[ -~\n\t]*")
_HARMLESS = str.maketrans(dict.fromkeys("<＜﹤[［◁◀", "‹") | dict.fromkeys(">＞﹥]］▷▶", "›"))
_LIKE_BARS = frozenset("│∣ǀ❘⏐")

_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co"})
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters and marks by their category, and yet nothing is drawn."""

Spans = Iterable[tuple[int, int]]


def broken_up(text: str) -> str:
    """The text with the brackets of every turn token made look-alikes, which no tokenizer knows."""
    return without(text, turn_tokens)


def without(text: str, find: Callable[[str], Spans]) -> str:
    """The text with the brackets of all that `find` finds made look-alikes. It looks at the text as
    a tokenizer may see it: without hidden characters, wide forms made narrow."""
    # Taking a token apart can leave another one around it.
    while any(begins in text for begins in _BEGINNINGS):
        seen = folded(text)
        spans = list(find(seen.text))
        if not spans:
            break
        chars = list(text)
        for span in spans:
            place = slice(*seen.span(*span))
            chars[place] = "".join(chars[place]).translate(_HARMLESS)
        text = "".join(chars)
    return text


def shaped(text: str) -> frozenset[str]:
    """The turn tokens in a text, such as a chat template."""
    seen = folded(text).text
    return frozenset(seen[start:end] for start, end in turn_tokens(seen))


def turn_tokens(text: str) -> Iterator[tuple[int, int]]:
    """Where the turn tokens of a folded text stand."""
    yield from (found.span() for found in _BETWEEN.finditer(text))
    yield from (f.span() for f in _ANGLE.finditer(text) if _controls(f["name"].lower()))
    yield from (f.span() for f in _SQUARE.finditer(text) if _commands(f["name"]))


@lru_cache(maxsize=4096)
def _controls(name: str) -> bool:
    """Whether a name in angle brackets is a token's."""
    if name in ALONE or _ABBREVIATED.fullmatch(name) or re.fullmatch(r"eo[a-z]|0x[\da-f]{2}", name):
        return True
    parts = _PARTS.findall(name)
    if len(parts) < 2 and not name.startswith("_"):
        return False
    if "tool" in parts[:1] or any(part in STRONG or _ABBREVIATED.fullmatch(part) for part in parts):
        return len(name) > 2
    return sum(part in WEAK for part in parts) > (0 if name.startswith("_") else 1)


@lru_cache(maxsize=4096)
def _commands(name: str) -> bool:
    """Whether a name in square brackets is a token's; a word in small letters is a placeholder."""
    small = name.lower()
    return bool(_ABBREVIATED.fullmatch(small)) or (
        name.isupper() and (small in IN_SQUARES or _controls(small))
    )


class Folded(NamedTuple):
    """A text as a tokenizer may see it, and where each character of it comes from."""

    text: str
    ends: list[int]
    """For each character of the original, where its part of the text ends; empty: the same text."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A span of the text in the original."""
        if not self.ends:
            return start, end
        return bisect_right(self.ends, start), bisect_left(self.ends, end) + 1


def folded(text: str) -> Folded:
    """The text without hidden characters, with compatible forms (NFKC) and bars made plain."""
    if _PLAIN.fullmatch(text):
        return Folded(text, [])
    forms = {ch: form for ch in set(text) if (form := _form(ch)) != ch}
    if not forms:
        return Folded(text, [])
    pieces = [forms.get(ch, ch) for ch in text]
    return Folded("".join(pieces), list(accumulate(map(len, pieces))))


@lru_cache(maxsize=4096)
def _form(character: str) -> str:
    if is_hidden(character):
        return ""
    return "|" if character in _LIKE_BARS else unicodedata.normalize("NFKC", character)


def is_hidden(character: str) -> bool:
    """Whether nothing is drawn for a character that is no space, tab or line end."""
    if character in "\n\t":
        return False
    code = ord(character)
    selector = 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or 0x180B <= code <= 0x180F
    hidden = unicodedata.category(character) in _HIDDEN_CATEGORIES
    return hidden or selector or character in _BLANK
