"""Turn tokens: strings that a tokenizer or a chat template may take for the end of a turn.

They are recognised by their shape: a name between bars (`<|im_end|>`, `<turn|>`), triangles or
tildes, a byte (`<0x0A>`), brackets around a word of control (`<s>`, `[INST]`) or around a name made
of such words (`<start_of_turn>`, `[TOOL_CALLS]`). HTML (except `<s>`), placeholders such as
`[NAME]` or `<user_id>` and types such as `List<T>` are ordinary text, and so are headings (`###
Instruction:`), which no tokenizer knows.
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
s pad unk sep cls mask gmask smask sys inst role think thinking thought thoughts reasoning
scratchpad escape toolcall tool_response tool_responses tool_result tool_results arg_key arg_value
repo_name
"""
_IN_SQUARES = "system user assistant img audio args prefix suffix middle call_id"
_STRONG = "pad unk gmask mask sys inst think longcat fim im jupyter"
_MARKS = "start begin end sep soft call calls turn around"
_WEAK = """
break of system user assistant human bot model role tool tools func function file img image audio
video header token use prompt available content settings message channel thought output outputs
results prefix suffix middle
"""
ALONE = frozenset(_ALONE.split())
"""Names that are a token in brackets."""
IN_SQUARES = frozenset(_IN_SQUARES.split())
"""Names in capitals that are a token only in square brackets: `<user>` is a tag of documents,
too."""
STRONG = frozenset(_STRONG.split())
"""Parts that make any longer name a token."""
MARKS = frozenset(_MARKS.split())
"""Parts that do so together with a weak one."""
WEAK = frozenset(_WEAK.split()) | MARKS
"""Parts that do so two at a time in square brackets; `<user_message>` is a tag of documents."""
_ABBREVIATED = re.compile(
    r"bo[sm]|[es]o[stmpdha]|unk|cls|[gs]?mask|sys|inst|im|fim|extra_id_\d+|seed:\w+"
    r"|(?:unused|control|ctrl|special|reserved|dummy)(?:_token)?_?\d+|(?:start|end)_header_id"
    r"|(?:start|end|begin)_of_[a-z]+|(?:start|end|begin)of(?:text|turn)"
)
"""Names that are no words of a language: tokens in lower case too, and parts like `STRONG`."""
_PARTS = re.compile(r"[a-z]+|\d+")

_BETWEEN = re.compile(
    r"<\|[^\s<>](?:[^\n<>]{0,78}?[^\s<>])?\|>|</?\|[A-Z]{2,16}\|(?=\w)"
    r"|<\|[\w/]{1,40}>|<[\w/]{1,40}\|>|\[\|[\w/ ]{1,40}\|\]"
    r"|[◁◀][^\s◁▷◀▶]{1,40}[▷▶]|\]~!?\w{1,8}[\[\]]|\[\w{1,8}~\["
    r"|<\][^\n<>\[\]]{1,40}\[>"
)
_SPACED = re.compile(
    r"<\s{0,8}\|\s{0,8}/?(?P<name>[\w:▁]{1,60})\s{0,8}(?:\|\s{0,8})?>"
    r"|<\s{0,8}/?(?P<open>[\w:▁]{1,60})\s{0,8}\|\s{0,8}>|<\[\s{0,8}(?P<square>[\w:▁]{1,60})\s{0,8}\]>"
)
"""Tokens between bars with spaces inside, or two brackets; formulas look the same, except for the
name."""
_ANGLE = re.compile(r"<{1,2}\s{0,8}/?\s{0,8}(?P<name>[\w:▁]{1,60})\s{0,8}/?\s{0,8}>{1,2}")
_SQUARE = re.compile(r"\[\s{0,8}/?\s{0,8}(?P<name>[\w:▁]{1,60})\s{0,8}\]")
_BEGINNINGS = ("<", "[", "~", "～", "◁", "◀", "＜", "［", "﹤")
_PLAIN = re.compile(r"[ -~\n\t]*")
_HARMLESS = str.maketrans(dict.fromkeys("<＜﹤[［◁◀", "‹") | dict.fromkeys(">＞﹥]］▷▶", "›"))
_LIKE_BARS = frozenset("│∣ǀ❘⏐")

_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co"})
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters and marks by their category that are invisible."""

Spans = Iterable[tuple[int, int]]


def broken_up(text: str) -> str:
    """The text with look-alikes, which no tokenizer knows, for the brackets of every turn token."""
    return without(text, turn_tokens)


def without(text: str, find: Callable[[str], Spans]) -> str:
    """The text with look-alikes for the brackets of all tokens that `find` finds.

    The search sees the text as a tokenizer may see it: without hidden characters and with wide
    forms made narrow.
    """
    # Breaking up a token can leave another one around it.
    while any(map(text.__contains__, _BEGINNINGS)):
        view = folded(text)
        spans = list(find(view.text))
        if not spans:
            break
        chars = list(text)
        for span in spans:
            place = slice(*view.span(*span))
            chars[place] = "".join(chars[place]).translate(_HARMLESS)
        text = "".join(chars)
    return text


def shaped(text: str) -> frozenset[str]:
    """The turn tokens in a text, such as a chat template."""
    plain = folded(text).text
    return frozenset(plain[start:end] for start, end in turn_tokens(plain))


def turn_tokens(text: str) -> Iterator[tuple[int, int]]:
    """Where the turn tokens of a folded text are."""
    yield from (match.span() for match in _BETWEEN.finditer(text))
    yield from (f.span() for f in _SPACED.finditer(text) if _speaks(f[f.lastgroup or 0]))
    yield from (f.span() for f in _ANGLE.finditer(text) if _controls(f["name"]))
    yield from (f.span() for f in _SQUARE.finditer(text) if _commands(f["name"]))


def _speaks(name: str) -> bool:
    """Whether a name between bars has a control word."""
    parts = _PARTS.findall(name.lower())
    return _controls(name) or not WEAK.isdisjoint(parts)


@lru_cache(maxsize=4096)
def _controls(name: str) -> bool:
    """Whether a name in angle brackets is a token's; a single word such as `Role` is a type."""
    if name.istitle() and name.isalpha() and len(name) > 1:
        return False
    name = name.lower()
    if name in ALONE or _ABBREVIATED.fullmatch(name) or re.fullmatch(r"eo[a-z]|0x[\da-f]{2}", name):
        return True
    parts = _PARTS.findall(name)
    if len(name) < 3 or (len(parts) < 2 and not name.startswith("_")):
        return False
    if any(part in STRONG or _ABBREVIATED.fullmatch(part) for part in parts):
        return True
    n_weak = sum(part in WEAK for part in parts)
    return (n_weak > 1 and not MARKS.isdisjoint(parts)) or (name.startswith("_") and n_weak > 0)


@lru_cache(maxsize=4096)
def _commands(name: str) -> bool:
    """Whether a name in square brackets is a token's; a word in small letters is a placeholder."""
    small = name.lower()
    if _ABBREVIATED.fullmatch(small):
        return True
    weak = sum(part in WEAK for part in _PARTS.findall(small)) > 1
    return name.isupper() and (small in IN_SQUARES or weak or _controls(small))


class Folded(NamedTuple):
    """A text as a tokenizer may see it, and where each of its characters comes from."""

    text: str
    ends: list[int]
    """For each character of the original, where its part of the text ends; empty if the text is the
    same."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span in the original for a span of the text."""
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
    """Whether a character is invisible and not a space, tab or line end."""
    if character in "\n\t":
        return False
    code = ord(character)
    selector = 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or 0x180B <= code <= 0x180F
    hidden = unicodedata.category(character) in _HIDDEN_CATEGORIES
    return hidden or selector or character in _BLANK
