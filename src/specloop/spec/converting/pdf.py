"""PDF documents: headings by the size and weight of their letters, lists by marks and indents.

Paragraphs are put together from lines: a wider gap, an indent, a mark or a short line before ends
one; a line in the middle of a sentence goes on in the next column or on the next page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from itertools import pairwise
from statistics import median

from specloop.spec.converting.pages import PageLine, read_lines
from specloop.spec.converting.pieces import PageText, escaped, marked, opening, to_markdown


def read_pdf(file: BytesIO) -> str:
    """A PDF as Markdown; errors of pdfplumber's parsers where it is damaged."""
    lines = [line for line in read_lines(file) if not _CONTENTS.search(line.text)]
    return to_markdown(_Writer(lines, _Looks.of(lines)).pieces()) if lines else ""


_CONTENTS = re.compile(r"\.\s?(?:\.\s?){3,}\s*\d+\s*$")
"""A line of a table of contents."""
_MOST_HEADING_WORDS = 16
_MOST_BOLD_WORDS = 10
_ENDED = re.compile(r"[.!?:;][\"”’')\]]*$")


@dataclass(frozen=True, slots=True)
class _Looks:
    """What a document's lines look like."""

    size: float
    """Of most of its characters, in points."""
    is_bold: bool
    leading: float
    """The distance of the lines of a paragraph."""
    sizes: tuple[tuple[float, bool], ...]
    """The looks of headings, the greatest first."""
    title: PageLine | None
    """A centred title that has the looks of other headings."""
    words: frozenset[str]
    """Its words with a hyphen inside."""

    @classmethod
    def of(cls, lines: Sequence[PageLine]) -> _Looks:
        """Count them."""
        counts = Counter[tuple[float, bool]]()
        for line in lines:
            counts[line.size, line.bold] += 0 if line.rows else len(line.text)
        size, is_bold = counts.most_common(1)[0][0]
        distances = [
            b.top - a.top
            for a, b in pairwise(lines)
            if a.page == b.page and a.size == b.size == size and 0 < b.top - a.top < 3 * size
        ]
        words = frozenset(re.findall(r"\w+-\w+", " ".join(line.text for line in lines).lower()))
        looks = cls(size, is_bold, _leading(distances, size), (), None, words)
        heads = [line for line in lines if looks.is_heading(line)]
        sizes = tuple(sorted({_look(line) for line in heads}, reverse=True))
        return cls(size, is_bold, looks.leading, sizes, _title(heads), words)

    def is_heading(self, line: PageLine) -> bool:
        """Whether a line is larger than the text, or a short one in bold."""
        n_words = len(line.text.split())
        if line.rows or n_words > _MOST_HEADING_WORDS or not re.search(r"[^\W\d_]", line.text):
            return False
        if line.size >= 1.12 * self.size:
            return True
        return (
            line.bold
            and not self.is_bold
            and line.size >= 0.95 * self.size
            and n_words <= _MOST_BOLD_WORDS
            and not re.search(r"[.:;,!?]$", line.text)
        )

    def level(self, line: PageLine) -> int:
        """The level of a heading."""
        below = self.title is not None and line is not self.title
        return self.sizes.index(_look(line)) + 1 + int(below)


def _look(line: PageLine) -> tuple[float, bool]:
    return line.size, line.bold


def _leading(distances: Sequence[float], size: float) -> float:
    """The usual distance of lines: the least that is frequent, as paragraphs may be short."""
    near = [distance for distance in distances if distance < 1.7 * size]
    return median(near) if near else 1.25 * size


def _title(heads: Sequence[PageLine]) -> PageLine | None:
    if not heads:
        return None
    first, rest = heads[0], heads[1:]
    same = [line for line in rest if _look(line) == _look(first)]
    indent = first.x0 - first.left
    centred = abs(indent - (first.right - first.x1)) < 0.1 * (first.right - first.left)
    alone = all(line.x0 < first.x0 - 5 for line in same)
    return first if same and centred and alone and indent > first.size else None


@dataclass(slots=True)
class _Writer:
    """Puts pieces together from lines."""

    lines: Sequence[PageLine]
    looks: _Looks
    gathered: list[PageLine] = field(default_factory=list[PageLine])
    """The lines of the current piece."""
    markers: list[float] = field(default_factory=list[float])
    """The places of the marks of the lists that are open, from the left edge."""
    mark: str = ""
    """The mark of the current list entry."""
    is_heading: bool = False

    def pieces(self) -> Iterator[PageText]:
        """The pieces in reading order."""
        for line in self.lines:
            if line.rows:
                yield from self._end()
                self.markers.clear()
                yield PageText("table", rows=tuple(tuple(map(escaped, row)) for row in line.rows))
            elif self.looks.is_heading(line):
                yield from self._heading(line)
            else:
                yield from self._text(line)
        yield from self._end()

    def _heading(self, line: PageLine) -> Iterator[PageText]:
        before = self.gathered[-1] if self.gathered else None
        goes_on = (
            self.is_heading
            and before is not None
            and _look(before) == _look(line)
            and before.page == line.page
            and line.top - before.top < 1.6 * line.size
            and not re.match(r"\d", line.text)
        )
        if not goes_on:
            yield from self._end()
            self.markers.clear()
        self.is_heading = True
        self.gathered.append(line)

    def _text(self, line: PageLine) -> Iterator[PageText]:
        mark = marked(line.text)
        if mark is not None and self._begins_entry(line, mark.mark):
            yield from self._end()
            self._open(line.x0 - line.left)
            self.mark = mark.mark
            text = line.text[mark.skipped :]
            self.gathered.append(line._replace(text=text))
        elif self.gathered and not self.is_heading and self._goes_on(line):
            self.gathered.append(line)
        else:
            yield from self._end()
            if line.x0 - line.left < (self.markers[0] if self.markers else 0.0) + 3:
                self.markers.clear()
            self.gathered.append(line)

    def _begins_entry(self, line: PageLine, mark: str) -> bool:
        """Whether a mark begins an entry, and is no dash or number in the middle of a sentence."""
        before = self.gathered[-1] if self.gathered else None
        if before is None or self.is_heading or self._is_apart(before, line):
            return True
        certain = mark == "-" and line.text[0] not in "-–—*o"
        return certain or bool(self.mark) or bool(_ENDED.search(before.text))

    def _is_apart(self, before: PageLine, line: PageLine) -> bool:
        """Whether a line of the same column does not follow closely."""
        same = before.page == line.page and line.top > before.top
        return same and line.top - before.top > 1.3 * self.looks.leading

    def _goes_on(self, line: PageLine) -> bool:
        before = self.gathered[-1]
        if before.page != line.page or line.top <= before.top:
            whole = _ENDED.search(before.text) or line.text[:1].isupper()
            return not whole
        if self._is_apart(before, line) or before.size > 1.12 * line.size:
            return False
        if self.mark:
            first = self.gathered[0]
            return len(self.gathered) > 1 or line.x0 >= first.x0 - 3
        indented = line.x0 > before.x0 + 0.8 * line.size and len(self.gathered) > 1
        ends_short = before.x1 < before.right - 0.25 * (before.right - before.left)
        clause = re.match(r"\d+(?:\.\d+)+\.?\s", line.text)
        return not (indented or clause or (ends_short and _ENDED.search(before.text)))

    def _open(self, x: float) -> None:
        while self.markers and self.markers[-1] > x + 3:
            self.markers.pop()
        if not self.markers or x > self.markers[-1] + 3:
            self.markers.append(x)

    def _end(self) -> Iterator[PageText]:
        lines, mark, is_heading = self.gathered, self.mark, self.is_heading
        self.gathered, self.mark, self.is_heading = [], "", False
        text = escaped(self._joined(lines))
        if not text:
            return
        if is_heading:
            yield PageText("heading", text, self.looks.level(lines[0]))
        elif mark:
            yield PageText("item", text, len(self.markers), mark)
        else:
            yield PageText("paragraph", opening(text))

    def _joined(self, lines: Sequence[PageLine]) -> str:
        text = ""
        for line in lines:
            broken = re.search(r"(\w+)-$", text)
            following = re.match(r"[^\W\d_]+", line.text)
            if text.endswith("\u00ad"):
                text = text[:-1] + line.text
            elif broken and following and following[0].islower():
                whole = f"{broken[1]}-{following[0]}".lower()
                text = (text if whole in self.looks.words else text[:-1]) + line.text
            else:
                text = f"{text} {line.text}" if text else line.text
        return text.replace("\u00ad", "")
