"""Read plain text into blocks: numbered clauses, bullets, headings in capitals, paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from specloop.checking.text import any_case
from specloop.spec.blocks import LINE, Aside, Block, is_example, quote_aside
from specloop.spec.mapped import collapsed, of_slices
from specloop.spec.wording import obligation

_MARKER = re.compile(
    r"""(?P<bullet>[-*•–‣▪◦·o]\s+(?:\[[ xX]\]\s+)?|\[[ xX]\]\s+)
      | (?P<number>\d+(?:\.\d+)+\.?|\d+[.)])\s+
      | (?P<letter>\(?(?:[a-z]|[ivx]{1,5})[.)]|\(\d+\))\s+""",
    re.X,
)
_TITLED = any_case(
    r"(section|article|chapter|part|clause|appendix|annex)\s+([\dIVXA-Z]+(?:\.\d+)*)\b[.:)]?"
)
_SKIPPED = re.compile(r"[=\-_*~#]{3,}\s*|<!--.*-->")
"""A ruler, or a comment for a tool."""
_QUOTED = re.compile(r">+\s?")

MAX_HEADING_WORDS = 10
MIN_WIDTH, MAX_WIDTH = 50, 80
"""Between these, a line as long as the longest one of a text counts as full."""
MAX_AHEAD = 8
"""How many lines are examined after a possible heading."""
MAX_DEPTH = 20
"""Greatest depth of nested lists; deeper ones stay at this depth."""


class _Line(NamedTuple):
    start: int
    end: int
    indent: int
    marker: str
    """bullet, number, letter (or a number in parentheses), or empty."""
    depth: int
    """The number of parts: 1.2.3 has three."""
    blank_before: bool

    @property
    def blank(self) -> bool:
        return self.start == self.end


def parse_text(source: str) -> list[Block]:
    """The blocks of a plain text in reading order."""
    lines = list(_without_pages(source, list(_lines(source))))
    longest = max(line.indent + line.end - line.start for line in lines)
    reader = _Reader(source, max(MIN_WIDTH, min(MAX_WIDTH, longest)))
    for at, line in enumerate(lines):
        reader.take(line, lines[at + 1 : at + 1 + MAX_AHEAD])
    reader.flush()
    return reader.blocks


_FOOTER = re.compile(r".{0,70}\[Page \d+\]|(?:- ?)?Page \d+(?: of \d+)?(?: ?-)?", re.I)
_HEADER = re.compile(r"\S.*?\s{3,}\S.*?\s{3,}\w+ \d{4}")


def _without_pages(source: str, lines: list[_Line]) -> Iterator[_Line]:
    """The lines without what stands between two pages; a sentence goes on behind it."""
    gathered: list[_Line] = []
    at = 0
    while at < len(lines):
        text = source[lines[at].start : lines[at].end]
        if "age " not in text or not _FOOTER.fullmatch(text):
            gathered.append(lines[at])
            at += 1
            continue
        after = at + 1
        while after < len(lines) and lines[after].blank:
            after += 1
        if after < len(lines) and _HEADER.fullmatch(source, lines[after].start, lines[after].end):
            after += 1
            while after < len(lines) and lines[after].blank:
                after += 1
        while gathered and gathered[-1].blank:
            gathered.pop()
        ended = not gathered or source[gathered[-1].end - 1] in ".:;!?"
        if after < len(lines) and (ended or not source[lines[after].start].islower()):
            gathered.append(_Line(lines[at].start, lines[at].start, 0, "", 0, False))
        at = after
    yield from gathered


def _lines(source: str) -> Iterator[_Line]:
    blank = True
    for match in LINE.finditer(source):
        body = match[0].rstrip()
        indent = len(body) - len(body.lstrip())
        mark = _MARKER.match(body, indent)
        skipped = mark.end() if mark else indent
        kind = (mark.lastgroup if mark else None) or ""
        depth = len(re.findall(r"\d+", mark["number"])) if mark and mark["number"] else 0
        end = match.start() + max(len(body), skipped)
        yield _Line(match.start() + skipped, end, indent, kind, depth, blank)
        blank = not body


@dataclass(slots=True)
class _Reader:
    source: str
    width: int
    """Of the longest line: a line is full where the next word would exceed it."""
    blocks: list[Block] = field(default_factory=list[Block])
    open: list[tuple[_Line, int]] = field(default_factory=list[tuple[_Line, int]])
    """The list items that later lines may continue or nest under, with their blocks."""
    pending: list[_Line] = field(default_factory=list[_Line])

    def take(self, line: _Line, rest: list[_Line]) -> None:
        """Follow one line."""
        if line.blank or _SKIPPED.fullmatch(self.source[line.start : line.end]):
            self.flush()
        elif self._is_heading(line, rest):
            self.flush()
            self.open.clear()
            text = collapsed(of_slices(self.source, [(line.start, line.end)]))
            block = Block("heading", line.start, line.end, text, max(1, line.depth))
            self.blocks.append(block)
        elif line.marker:
            self.flush()
            self.pending = [line]
        else:
            if not self.pending and line.indent == 0:
                self.open.clear()
            self.pending.append(line)

    def flush(self) -> None:
        """End the block whose lines were gathered."""
        if not self.pending:
            return
        if self._is_list():
            lines, self.pending = self.pending, []
            lead = len(self.blocks) - 1
            for line in lines:
                text = collapsed(of_slices(self.source, [(line.start, line.end)]))
                self.blocks.append(Block("item", line.start, line.end, text, 1, lead))
            return
        first, slices = self.pending[0], [self._unquoted(line) for line in self.pending]
        self.pending = []
        text = collapsed(of_slices(self.source, slices))
        start, end = slices[0][0], slices[-1][1]
        aside = self._aside(first, text.text)
        if first.marker:
            lead, level = self._nest(first)
            self.blocks.append(Block("item", start, end, text, level, lead, aside))
        else:
            self.blocks.append(Block("paragraph", start, end, text, aside=aside))

    def _is_list(self) -> bool:
        """Whether the gathered lines are entries without marks: indented below a lead-in or
        heading, and broken before they are full."""
        lines, above = self.pending, self.blocks[-1] if self.blocks else None
        if len(lines) < 2 or above is None or any(line.marker or not line.indent for line in lines):
            return False
        if above.kind not in ("heading", "paragraph") or above.aside or self.open:
            return False
        if above.kind == "paragraph" and not above.text.text.endswith((":", "…", "—")):
            return False
        ends = [self.source[line.start : line.end].rstrip()[-1:] in ".;,!:" for line in lines]
        if ends[-1] and not all(ends[:-1]):
            return False
        starts = pairwise(lines)
        return all(
            after.indent == line.indent
            and line.indent + line.end - line.start + _first_word(self.source, after) < self.width
            for line, after in starts
        )

    def _unquoted(self, line: _Line) -> tuple[int, int]:
        match = _QUOTED.match(self.source, line.start, line.end)
        return (match.end() if match else line.start), line.end

    def _aside(self, first: _Line, text: str) -> Aside:
        if is_example(text):
            return "example"
        quoted = self.source.startswith(">", first.start)
        return quote_aside(text, self.blocks[-1] if self.blocks else None) if quoted else ""

    def _nest(self, line: _Line) -> tuple[int, int]:
        while self.open and (len(self.open) >= MAX_DEPTH or not _under(line, self.open[-1][0])):
            self.open.pop()
        last = len(self.blocks) - 1
        lead = self.open[-1][1] if self.open else self._list_lead(last)
        self.open.append((line, last + 1))
        return lead, len(self.open)

    def _list_lead(self, last: int) -> int:
        """The lead line of a list: the block before it, or that of its first item."""
        if last >= 0 and self.blocks[last].kind == "item":
            while last >= 0 and self.blocks[last].level > 1:
                last -= 1
            return self.blocks[last].lead
        return last

    def _is_heading(self, line: _Line, rest: list[_Line]) -> bool:
        text = self.source[line.start : line.end]
        if (
            len(text.split()) > MAX_HEADING_WORDS
            or text[-1] in ".;,:?!"
            or not re.search(r"[^\W\d_]", text)
        ):
            return bool(_TITLED.fullmatch(text))
        following = rest[0] if rest else None
        if following is not None and _underlined(self.source, line, following):
            return True
        if self.pending and not line.blank_before and not line.marker:
            return False
        if line.marker == "number":
            return self._opens_clauses(line, rest) and obligation(text) is None
        if line.marker:
            return False
        return text == text.upper() or bool(_TITLED.match(text))

    def _opens_clauses(self, line: _Line, rest: list[_Line]) -> bool:
        """Whether a short numbered line is a title: deeper clauses or running text follow it, and
        no entries that go on with its sentence."""
        following = next((other for other in rest if not other.blank), None)
        if following is None:
            return False
        if following.marker == "number":
            return following.depth > line.depth
        if following.marker and self.source[following.start].islower():
            return False
        return following.blank_before or following.marker == "letter"


def _first_word(source: str, line: _Line) -> int:
    return len(source[line.start : line.end].split(maxsplit=1)[0]) + 1


def _underlined(source: str, line: _Line, following: _Line) -> bool:
    ruler = source[following.start : following.end]
    return bool(re.fullmatch(r"={3,}|-{3,}", ruler)) and not line.marker and line.blank_before


def _under(line: _Line, parent: _Line) -> bool:
    """Whether a list item is nested under an open one."""
    if line.marker == parent.marker == "number" and line.depth != parent.depth:
        return line.depth > parent.depth
    if line.indent != parent.indent:
        return line.indent > parent.indent
    return line.marker != parent.marker and parent.marker == "number"
