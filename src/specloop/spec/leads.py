"""Which block governs which, where a document's borders hide it.

Parsers say which lead-in a list has. A lead-in may also govern an indented block, the paragraphs
below it, or the sections below its own; a sentence below a list may govern its entries; and a list
that follows another one directly is not governed by that list's last entry.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace

from specloop.spec.blocks import LINE, Block
from specloop.spec.composing import HANGS, is_sentence
from specloop.spec.mapped import collapsed, of_slices
from specloop.spec.polarity import Bearing, bearing, stem_of_title
from specloop.spec.wording import is_conditional

_FENCE = re.compile(r"(?:> *)?[`~]{3}|<pre", re.I)
_BULLET = re.compile(r"\s*(?:[-*•+–]|\d+[.)]|[a-z]\))?\s*")
_UNINDENTED = re.compile(r"\S[^\n]*\n([A-Z](?:[\w'’-]+ ?){0,8}:)\Z")
_AT_MARGIN = re.compile(r"[^\n]{1,60}(?<![,;:])\n([A-Z][^\n]* [^\n]* [^\n]*[.!?])")
"""A short line, which is not broken because it is full, and a sentence at the margin."""
_GOES_ON = re.compile(
    r"\W?(?:and|or|nor|also|and also|or else|in addition|furthermore|plus|continued)\W*$", re.I
)


def governed(source: str, blocks: Sequence[Block]) -> list[Block]:
    """The blocks with the leads that borders hide; some are cut into several."""
    cut: list[Block] = []
    moved: list[int] = []
    split: dict[int, int] = {}
    """Lead of a list -> a line in the list that leads its further entries."""
    for block in blocks:
        lead = moved[block.lead] if block.lead >= 0 else -1
        # A lead is the last piece of its block: the one before its entries.
        pieces = _pieces(source, replace(block, lead=split.get(lead, lead)), cut)
        cut.extend(pieces)
        moved.append(len(cut) - 1)
        further = pieces[-1].kind == "paragraph" and pieces[-1].text.text.endswith(":")
        if block.kind == "item" and len(pieces) > 1 and further:
            split[lead] = len(cut) - 1
        elif block.kind in ("paragraph", "heading"):
            split.clear()
    return _with_leads(source, cut)


def _pieces(source: str, block: Block, before: Sequence[Block]) -> list[Block]:
    above = len(before) - 1
    if block.kind == "fence":
        indented = block.aside == "example" and not _FENCE.match(source, block.start)
        led = indented and above >= 0 and opens(before[above]) and _waits(before[above])
        return list(_lines(source, block, above)) if led else [block]
    return (_unfolded(source, block) if block.kind == "item" else []) or [block]


def _unfolded(source: str, block: Block) -> list[Block]:
    """An entry without the lead-in or sentence at the margin that is taken for its last line."""
    line = source[max(0, source.rfind("\n", 0, block.start)) : block.start]
    if not line.strip() or not _BULLET.fullmatch(line):
        return []
    match = _UNINDENTED.search(source, block.start, block.end)
    match = match or _AT_MARGIN.fullmatch(source, block.start, block.end)
    if match is None:
        return []
    at = bisect_left(block.text.starts, match.start(1))
    entry, lead_in = block.text.cut(0, at - 1), block.text.cut(at, len(block.text.text))
    start = lead_in.span(0, len(lead_in.text))[0]
    return [
        replace(block, end=entry.span(0, len(entry.text))[1], text=entry),
        replace(block, kind="paragraph", start=start, text=lead_in, level=0, lead=-1),
    ]


def _lines(source: str, block: Block, lead: int) -> Iterator[Block]:
    """An indented block below a lead-in, as a list of its lines."""
    for match in LINE.finditer(source, block.start, block.end):
        start = _BULLET.match(source, match.start(), match.end())
        begin = start.end() if start else match.start()
        end = match.start() + len(match[0].rstrip())
        if end > begin:
            text = collapsed(of_slices(source, [(begin, end)]))
            yield Block("item", begin, end, text, 1, lead)


def opens(block: Block) -> bool:
    """Whether a block ends in a lead-in that waits for its entries."""
    text = block.text.text
    if block.aside or block.kind in ("fence", "heading", "cell"):
        return False
    last = re.split(r"(?<=[.!?])\s+", text)[-1]
    if text.endswith((":", "—", "…")):
        return bearing(last) in ("forbid", "require", "allow", "free")
    return text[-1:].isalpha() and len(text) < 60 and bool(stem_of_title(text))


def _with_leads(source: str, blocks: Sequence[Block]) -> list[Block]:
    """Leads of paragraphs, of lists after lists, and of headings."""
    led: list[Block] = []
    heads: list[int] = []
    over: dict[int, tuple[int, int]] = {}
    """Heading -> the lead-in at the end of its text, which governs the headings in it, and the
    level of the first of these: a higher one ends it."""
    waiting = _Waiting(led)
    for at, block in enumerate(blocks):
        lead = block.lead
        if block.kind == "heading":
            lead = _over_heading(led, heads, over, block)
            heads.append(at)
        elif block.kind == "item":
            lead = waiting.over_list(lead)
            lead = _own_list(source, led, block) if lead < 0 else lead
        elif block.kind == "paragraph" and lead < 0:
            lead = waiting.over_paragraph(block, blocks[at + 1 : at + 2])
        if block.kind == "paragraph" and led and not block.aside:
            _looks_back(led, block)
        led.append(replace(block, lead=lead))
        waiting.passes(block)
    return led


class _Waiting:
    """The lead-in that governs the paragraphs below it, and lists among them."""

    def __init__(self, led: Sequence[Block]) -> None:
        self._led = led
        self._open = self._label = -1
        """The lead-in, and a line that only names the list below it; -1 if there is none."""
        self._lists: dict[int, int] = {}
        """A label, or a paragraph that is an entry, above a list -> the lead-in that goes on."""

    def over_paragraph(self, block: Block, below: Sequence[Block]) -> int:
        """The lead-in of a paragraph; -1 if it has none."""
        if self._open < 0:
            return -1
        lead = self._led[self._open]
        if _waits(lead) and _is_label(block, below):
            self._label = len(self._led)
            return -1
        if self._label >= 0 or not _is_entry(lead, block):
            self._open = -1
        return self._open

    def over_list(self, above: int) -> int:
        """The lead-in that goes on in a list below a block; -1 if none does."""
        if self._open >= 0 and above >= 0 and (above == self._label or self._is_whole(above)):
            self._lists[above] = self._open
        return self._lists.get(above, -1)

    def _is_whole(self, at: int) -> bool:
        """Whether a block is a paragraph that is a whole entry of the lead-in."""
        block = self._led[at]
        is_entry = block.kind == "paragraph" and block.lead == self._open
        return is_entry and block.text.text[-1:] in ".!?;,"

    def passes(self, block: Block) -> None:
        """Take note of a block that has got its lead."""
        at = len(self._led) - 1
        if at == self._label or (block.kind == "item" and self._label >= 0):
            return
        self._label = -1
        if block.kind != "paragraph" or block.aside or block.lead >= 0:
            self._open = -1
        elif opens(block):
            self._open = at


def _is_label(block: Block, below: Sequence[Block]) -> bool:
    """Whether a line only names the list below it ("Privacy"), and so is no entry itself."""
    text = block.text.text
    is_line = block.kind == "paragraph" and not block.aside and block.lead < 0
    if not is_line or not below or below[0].kind != "item":
        return False
    is_short = len(text.split()) <= MAX_LABEL and text[-1:].isalpha()
    return is_short and not bearing(text, title=True)


MAX_LABEL = 4
"""Most words of a line that is a label."""
BY_ITSELF = re.compile(
    r"(?:the|our|all|every|each|any|an?|this|these|it|they|we|you|there|\w+s) (?:[\w’'-]+ ){0,4}?"
    r"(?:must|should|shall|may|can|will|is|are|has|have|does|do)\b"
    r"|(?:when|if|while|for|in|however|otherwise|instead|note|see)\b",
    re.I,
)
"""How a sentence begins that is no entry of a lead-in above it."""
MAX_ENTRY = 40
"""Most words of a paragraph that is an entry of the lead-in above it."""


def _is_entry(lead: Block, block: Block) -> bool:
    """Whether a paragraph is governed by the lead-in above it, rather than running text."""
    text = block.text.text
    if block.aside or text.endswith(":") or is_conditional(text):
        return False
    if BY_ITSELF.match(text) or is_sentence(text):
        return False
    if len(text.split()) > MAX_ENTRY:
        return False
    return _waits(lead) and not (_kind(lead) == "require" and re.search(r"[.!?] ", text))


def _kind(lead: Block) -> Bearing:
    return bearing(re.split(r"(?<=[.!?])\s+", lead.text.text)[-1])


def _waits(lead: Block) -> bool:
    """Whether a lead-in governs also what has no marks of a list."""
    return _kind(lead) != "require" or bool(HANGS.search(lead.text.text.rstrip(" :—–-…")))


def _over_heading(
    led: Sequence[Block], heads: list[int], over: dict[int, tuple[int, int]], block: Block
) -> int:
    """What governs a heading: a lead-in that waits above it or above its sisters, else the heading
    that it belongs to. The headings that it ends are taken off."""
    last = heads[-1] if heads else -1
    while heads and led[heads[-1]].level >= block.level:
        heads.pop()
    outer = heads[-1] if heads else -1
    if led and led[-1].kind == "paragraph" and opens(led[-1]):
        if outer == last:
            over[outer] = len(led) - 1, block.level
        return len(led) - 1
    if outer in over and block.level < over[outer][1]:
        del over[outer]
    return over[outer][0] if outer in over else outer


_BETWEEN = re.compile(
    r"(?:\s|<!--.*?-->|</?(?:ul|ol|li)\b[^<>]*>|[`~]{3,}|[-*•+–>](?=\s)|\d{1,3}[.)](?=\s))*",
    re.S | re.I,
)
"""What may stand between two parts of one list: no other tag and no line across the page."""


def _own_list(source: str, led: Sequence[Block], block: Block) -> int:
    """A list's lead-in: not the last entry of a list before it, but that one's lead-in, also over
    a note or an example; and so where its lead-in only goes on ("And:")."""
    lead = block.lead
    if lead < 0 or lead >= len(led):
        return lead
    before = lead
    while before > 0 and not block.aside and _interrupts(led[before]):
        before -= 1
    if led[before].kind == "item" and led[before].level >= block.level:
        ends = [one.end for one in led[before : lead + 1]]
        starts = [*(one.start for one in led[before + 1 : lead + 1]), block.start]
        gaps = [source[end:start] for end, start in zip(ends, starts, strict=True)]
        # Below a blank line another mark begins another list.
        is_other = before == lead and "<!--" not in gaps[0] and re.search(r"\n\s*\n", gaps[0])
        if not is_other and all(map(_BETWEEN.fullmatch, gaps)):
            return _of_list(led, before, block.level)
        return -1 if before == lead else lead
    if not _GOES_ON.match(led[lead].text.text):
        return lead
    above = lead - 1
    while above > 0 and led[above].kind == "paragraph" and led[above].level:
        above -= 1
    above = _of_list(led, above, 0) if led[above].kind == "item" else -1
    return above if above >= 0 else lead


def _interrupts(block: Block) -> bool:
    """Whether a block is a note or an example, and leads nothing."""
    return block.kind == "fence" or (bool(block.aside) and not block.text.text.endswith(":"))


def _of_list(led: Sequence[Block], at: int, level: int) -> int:
    """The lead-in of the list of a level that a block closes."""
    while at >= 0 and led[at].kind == "item" and led[at].level >= level:
        at = led[at].lead
    return at


_BACKWARD = re.compile(
    r"(?:(?:all|any|each|every one|none) of )?(?:the above|the foregoing|these|those|this list)\b",
    re.I,
)


def _looks_back(led: list[Block], block: Block) -> None:
    """Let a sentence below a list ("All of the above is forbidden.") govern its entries."""
    at = len(led) - 1
    if led[at].kind != "item" or not _BACKWARD.match(block.text.text):
        return
    lead = led[at].lead
    while lead >= 0 and led[lead].kind == "item":
        lead = led[lead].lead
    if lead >= 0 and led[lead].kind != "heading" and bearing(led[lead].text.text):
        return
    if bearing(re.split(r"(?<=[.!?])\s+", block.text.text)[0]) != "forbid":
        return
    while at >= 0 and (led[at].kind == "item" or led[at].level):
        if led[at].lead == lead:
            led[at] = replace(led[at], lead=len(led))
        at -= 1
