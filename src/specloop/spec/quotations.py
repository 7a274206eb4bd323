"""Find a model's quotation in the source, and what it says there.

It is searched as it is written, then regardless of white space, case, markup and kind of quotation
mark, and last by the best partial match, if it is close. A place always has exact offsets. The
beginning of its sentence and the lead-in of its list may forbid what the quoted words alone would
demand, and the words may be somebody else's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from specloop.checking.text import any_case
from specloop.spec.blocks import Block
from specloop.spec.inline import clean
from specloop.spec.mapped import Mapped, of_slices, sentences
from specloop.spec.polarity import stem_of_title

MIN_SCORE = 88.0
"""The least score of 100 for a partial match; below it a small model usually made up the words."""
MIN_LENGTH = 12
"""Least characters for a quotation to be matched other than literally."""

_FOLD = str.maketrans("‘’“”–—−\u00a0", "''\"\"--- ")


def align(quote: str, source: str, blocks: Sequence[Block]) -> tuple[int, int] | None:
    """The start and end of the quotation in the source, inside the given blocks, or None."""
    words = quote.strip()
    if not words:
        return None
    for block in blocks:
        at = source.find(words, block.start, block.end)
        if at >= 0:
            return at, at + len(words)
    text = _run_together(blocks)
    place = _normalised(words, text)
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


def _normalised(quote: str, text: Mapped) -> tuple[int, int] | None:
    needle = _fold(clean(of_slices(quote, [(0, len(quote))]), {}).text)
    hay = _fold(text.text)
    if len(needle) < MIN_LENGTH:
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


_OWN_CLAUSE = any_case(
    r"(?:always|never|do not|don[’']t|must|should|shall|may|please|the|it|they|you)\b"
)
_BOUNDARY = re.compile(r"[;:]\s|,?\s(?:and|but)\s")
_REPORTED = any_case(
    r"(?<!policy )(?<!rule )(?<!law )(?<!we )"
    r"\b(?:said|says|wrote|writes|claim(?:s|ed)|joke[sd]?|asks|asked|(?:told|tells) \w+"
    r"|insist(?:s|ed)|suggest(?:s|ed)|demand(?:s|ed)|argue[sd]|thinks|thought|believe[sd])\b"
    r"(?: \w+){0,2}?(?: that|:|,)?\s*[\"“'‘]?\s*\Z"
)
_NO_RULE = any_case(
    r"^(?:for (?:example|instance)|e\.g\.|imagine|suppose|hypothetically)\b"
    r"|\b(?:(?:was|is|were|just) (?:only )?(?:an? )?(?:joke|jest|satire)|joking|sarcas\w+)\b"
)


class Quoted:
    """A quotation's surroundings in its block."""

    def __init__(self, span: tuple[int, int], blocks: Sequence[Block], heading: str) -> None:
        at = next(i for i, block in enumerate(blocks) if span[0] < block.end)
        self.lead = _lead_in(blocks[: at + 1], heading)
        lines = [s for s in sentences(blocks[at].text) if s.ends[-1] > span[0]]
        self._head = _part(lines[:1], -1, span[0])
        self._quote = _part([block.text for block in blocks], *span)
        self._sentence = "".join(line.text for line in lines[:1])

    @property
    def said(self) -> str:
        """The quotation with what is before it in its clause."""
        head = f"{self.lead} {self._head}"
        if _OWN_CLAUSE.match(self._quote):
            head = _BOUNDARY.split(head)[-1]
        return f"{head} {self._quote}"

    @property
    def is_reported(self) -> bool:
        """Whether it is somebody's words, a joke or an example."""
        opened = self._head.count("“") > self._head.count("”") or self._head.count('"') % 2
        reported = _REPORTED.search(self._head) or _NO_RULE.search(self._sentence)
        return bool(opened or reported)


def _part(lines: Sequence[Mapped], start: int, end: int) -> str:
    chars = ((c, at) for line in lines for c, at in zip(line.text, line.starts, strict=True))
    return "".join(char for char, at in chars if start <= at < end)


def _lead_in(blocks: Sequence[Block], heading: str) -> str:
    """The text that introduces a list's entry, the last of the blocks, and the entry that it
    belongs to; empty for any other block."""
    *before, block = blocks
    if block.kind not in ("item", "cell"):
        return ""
    outer = (
        n
        for n in reversed(range(len(before)))
        if before[n].kind == "paragraph" or before[n].level < block.level
    )
    at = next(outer, None)
    text = "" if at is None else before[at].text.text
    lead = text.rpartition(". ")[2] if text.endswith(":") else stem_of_title(heading)
    if at is None or before[at].kind == "paragraph":
        return lead
    return f"{_lead_in(before[: at + 1], heading)} {lead or text}"
