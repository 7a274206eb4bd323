"""Find a model's quotation in the source, or find that it is not there.

It is searched as it is written, then regardless of white space, case, markup and kind of quotation
mark, and last by the best partial match, if it is close. A place always has exact offsets.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from specloop.spec.blocks import Block
from specloop.spec.inline import clean
from specloop.spec.mapped import Mapped, of_slices

MIN_SCORE = 88.0
"""The least score of 100 for a partial match; below it a small model usually made up the words."""
MIN_LENGTH = 12
"""Least characters for a quotation to be matched other than literally."""

_FOLD = str.maketrans("‘’“”–—−\u00a0", "''\"\"--- ")


def align(quote: str, source: str, blocks: Sequence[Block]) -> tuple[int, int] | None:
    """The start and end of the quotation in the source, inside the given blocks, or None."""
    wanted = quote.strip()
    if not wanted:
        return None
    for block in blocks:
        at = source.find(wanted, block.start, block.end)
        if at >= 0:
            return at, at + len(wanted)
    text = _run_together(blocks)
    place = _normalised(wanted, text)
    return text.span(*place) if place else None


def _run_together(blocks: Sequence[Block]) -> Mapped:
    text, starts, ends = "", list[int](), list[int]()
    for block in blocks:
        if text:
            text += " "
            starts.append(block.start)
            ends.append(block.start)
        text += block.text.text
        starts += block.text.starts
        ends += block.text.ends
    return Mapped(text, starts, ends)


def _normalised(wanted: str, text: Mapped) -> tuple[int, int] | None:
    needle = _fold(clean(of_slices(wanted, [(0, len(wanted))]), {}).text)
    hay = _fold(text.text)
    if len(needle) < MIN_LENGTH or len(hay) != len(text.text):
        return None
    at = hay.find(needle)
    if at >= 0:
        return at, at + len(needle)
    return _closest(needle, hay)


def _fold(text: str) -> str:
    """Fold case and typography without changing the length."""
    folded = text.translate(_FOLD)
    return "".join(low if len(low := char.lower()) == 1 else char for char in folded)


def _closest(needle: str, hay: str) -> tuple[int, int] | None:
    if len(needle) > len(hay):
        return None
    closest = fuzz.partial_ratio_alignment(needle, hay, score_cutoff=MIN_SCORE)
    if closest is None or closest.score < MIN_SCORE:
        return None
    start, end = closest.dest_start, closest.dest_end
    while start > 0 and re.match(r"\w\w", hay[start - 1 : start + 1]):
        start -= 1
    while end < len(hay) and re.match(r"\w\w", hay[end - 1 : end + 1]):
        end += 1
    while start < end and hay[start].isspace():
        start += 1
    while end > start and hay[end - 1].isspace():
        end -= 1
    return (start, end) if end - start >= MIN_LENGTH else None
