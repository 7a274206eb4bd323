"""A long text in pieces for a tokenizer that cuts.

The embedded runtime's tokenizer gives 8,192 tokens at most, whatever the model holds and without a
word, so that the end of a longer prompt would be lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

LONGEST = 2000
"""Characters of a piece: even at one token a byte, and four bytes a character, none is cut."""

_JOINTS = (
    re.compile(r"(?<=[A-Za-z])(?= [A-Za-z])|(?<=[A-Za-z]\n)(?=[A-Za-z])"),
    re.compile(r"(?<=\s)(?=\S)|(?<=[^\x00-\x7f])(?=[^\x00-\x7f])"),
)
"""Where a text may be parted, best first: between words tokens never go across; the others keep
the text and the model's markers whole."""

Encode = Callable[[str], list[int]]


def encode_whole(encode: Encode, text: str) -> list[int]:
    """The tokens of a text, however long it is."""
    if len(text) <= LONGEST:
        return encode(text)
    # Some tokenizers put a space before whatever they are given.
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
        places = [found.start() for found in joint.finditer(text, LONGEST // 2, LONGEST)]
        if places:
            return places[-1]
    return LONGEST
