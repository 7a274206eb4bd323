"""Tokenise a long text in pieces, for a tokenizer that cuts it.

The embedded runtime's tokenizer silently gives at most 8,192 tokens, so that the end of a longer
prompt would be lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

LONGEST = 2000
"""Most characters of a piece: it is not cut even at one token a byte and four bytes a character."""

_JOINTS = (
    re.compile(r"(?<=[A-Za-z])(?= [A-Za-z])|(?<=[A-Za-z]\n)(?=[A-Za-z])"),
    re.compile(r"(?<=\s)(?=\S)|(?<=[^\x00-\x7f])(?=[^\x00-\x7f])"),
)
"""Where a text may be split, best first. Tokens never cross the gap between words; the other places
keep the text and the model's markers whole."""

Encode = Callable[[str], list[int]]


def encode_whole(encode: Encode, text: str) -> list[int]:
    """The tokens of a text of any length."""
    if len(text) <= LONGEST:
        return encode(text)
    # Some tokenizers put a space before every text.
    adds_space = encode("a b") == encode("a") + encode("b")
    ids: list[int] = []
    for number, piece in enumerate(pieces(text)):
        ids += encode(piece.removeprefix(" ") if number and adds_space else piece)
    return ids


def pieces(text: str) -> Iterator[str]:
    """The text in pieces of at most `LONGEST` characters."""
    while len(text) > LONGEST:
        at = _joint(text)
        yield text[:at]
        text = text[at:]
    yield text


def _joint(text: str) -> int:
    for joint in _JOINTS:
        places = [match.start() for match in joint.finditer(text, LONGEST // 2, LONGEST)]
        if places:
            return places[-1]
    return LONGEST
