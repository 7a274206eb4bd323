"""The lines and tables of a PDF's pages in reading order, by pdfplumber."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import groupby
from typing import Any, NamedTuple

Rows = tuple[tuple[str, ...], ...]
Span = tuple[float, float]


class PageLine(NamedTuple):
    """A line of text, or a table; places in points from the left and the top of the page."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    """Of most of its characters, in half points."""
    bold: bool
    page: int
    left: float = 0.0
    """The left edge of its column."""
    right: float = 0.0
    height: float = 0.0
    """The height of its page."""
    rows: Rows = ()
    """A table's cells."""


class _Box(NamedTuple):
    """A word or a table."""

    x0: float
    x1: float
    top: float
    bottom: float
    text: str = ""
    size: float = 0.0
    bold: bool = False
    rows: Rows = ()


def read_lines(file: BytesIO) -> list[PageLine]:
    """All lines of a PDF in reading order, without what stands on every page."""
    import pdfplumber

    lines: list[PageLine] = []
    with pdfplumber.open(file) as pdf:
        for number, page in enumerate(pdf.pages):
            boxes = list(_boxes(page))
            for column, edges in _columns(boxes):
                lines += _lines_of(column, edges, number, float(page.height))
            page.close()
    return _without_running_titles(lines)


_BOLD = re.compile(r"bold|black|heavy|semibold|demi", re.I)


_NO_LETTER = re.compile(r"\(cid:\d+\)|[\uf000-\uf0ff]")
"""A sign that the file does not name, such as the mark of a list entry."""


def _boxes(page: Any) -> Iterator[_Box]:
    if len({(c["text"], round(c["x0"]), round(c["top"])) for c in page.chars}) < len(page.chars):
        page = page.dedupe_chars()  # Some programs print twice for bold; it takes long.
    tables = [t for t in _tables(page) if _is_table(t[1])]
    for bounds, rows in tables:
        x0, top, x1, bottom = bounds
        yield _Box(x0, x1, top, bottom, rows=rows)
    words = page.extract_words(
        x_tolerance_ratio=0.2, y_tolerance=2, extra_attrs=["fontname", "size", "upright"]
    )
    for word in words:
        middle = ((word["x0"] + word["x1"]) / 2, (word["top"] + word["bottom"]) / 2)
        inside = any(b[0] <= middle[0] <= b[2] and b[1] <= middle[1] <= b[3] for b, _ in tables)
        if word["upright"] and not inside:
            size = round(word["size"] * 2) / 2
            bold = bool(_BOLD.search(word["fontname"]))
            text = _NO_LETTER.sub("•", word["text"])
            yield _Box(word["x0"], word["x1"], word["top"], word["bottom"], text, size, bold)


def _tables(page: Any) -> Iterator[tuple[tuple[float, ...], Rows]]:
    if len(page.lines) + len(page.rects) + len(page.curves) < 2:
        return
    for table in page.find_tables():
        cells = table.extract(x_tolerance_ratio=0.2)
        yield table.bbox, tuple(tuple(" ".join((c or "").split()) for c in row) for row in cells)


def _is_table(rows: Rows) -> bool:
    filled = sum(bool(cell) for row in rows for cell in row)
    return len(rows) > 1 and len(rows[0]) > 1 and 2 * filled > len(rows) * len(rows[0])


_LEAST_GAP = 8.0
_LEAST_LINES = 3
_LEAST_WORDS = 3.0
"""How many words a column's lines have; of fewer words it is the labels of a list."""


def _columns(boxes: Sequence[_Box]) -> Iterator[tuple[list[_Box], Span]]:
    """A page's boxes in columns with their edges: bands across the page that share a free gap are
    columns."""
    bands = list(_bands(boxes))
    page = (min((b.x0 for b in boxes), default=0.0), max((b.x1 for b in boxes), default=0.0))
    at = 0
    while at < len(bands):
        gaps, end = _gaps(bands[at], page), at + 1
        while end < len(bands) and (shared := _shared(gaps, _gaps(bands[end], page))):
            gaps, end = shared, end + 1
        group = [box for band in bands[at:end] for box in band]
        cut = next((gap for gap in gaps if _parts_columns(group, gap)), None)
        if cut is None:
            yield bands[at], page
            at += 1
            continue
        for side in _sides(group, cut):
            yield side, (min(box.x0 for box in side), max(box.x1 for box in side))
        at = end


def _bands(boxes: Sequence[_Box]) -> Iterator[list[_Box]]:
    band: list[_Box] = []
    bottom = 0.0
    for box in sorted(boxes, key=lambda box: (box.top, box.x0)):
        if band and box.top >= bottom - 1:
            yield band
            band = []
        bottom = max(bottom, box.bottom) if band else box.bottom
        band.append(box)
    if band:
        yield band


def _gaps(band: Sequence[_Box], page: Span) -> list[Span]:
    """The free spans of a band, wide enough to part columns."""
    gaps, end = list[Span](), page[0]
    for box in sorted(band, key=lambda box: box.x0):
        gaps.append((end, box.x0))
        end = max(end, box.x1)
    gaps.append((end, page[1]))
    return [gap for gap in gaps if gap[1] - gap[0] >= _LEAST_GAP]


def _shared(some: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    both = [(max(a[0], b[0]), min(a[1], b[1])) for a in some for b in others]
    return [span for span in both if span[1] - span[0] >= _LEAST_GAP]


def _sides(group: Sequence[_Box], gap: Span) -> tuple[list[_Box], list[_Box]]:
    left = [box for box in group if box.x1 <= gap[0] + 1]
    return left, [box for box in group if box.x0 >= gap[1] - 1]


def _parts_columns(group: Sequence[_Box], gap: Span) -> bool:
    for side in _sides(group, gap):
        n_lines = len({round(box.top / 3) for box in side})
        if n_lines < _LEAST_LINES or len(side) < _LEAST_WORDS * n_lines:
            return False
    return True


def _lines_of(column: Sequence[_Box], edges: Span, page: int, height: float) -> Iterator[PageLine]:
    for row in _rows(column):
        for is_table, some in groupby(row, key=lambda box: bool(box.rows)):
            boxes = list(some)
            sizes = Counter[tuple[float, bool]]()
            for box in boxes:
                sizes[box.size, box.bold] += len(box.text)
            size, bold = sizes.most_common(1)[0][0]
            letters = [box for box in boxes if re.search(r"\w", box.text)]
            yield PageLine(
                " ".join(box.text for box in boxes),
                boxes[0].x0,
                boxes[-1].x1,
                min(box.top for box in boxes),
                max(box.bottom for box in boxes),
                size,
                bold and all(box.bold for box in letters),
                page,
                *edges,
                height,
                boxes[0].rows if is_table else (),
            )


def _rows(boxes: Iterable[_Box]) -> Iterator[list[_Box]]:
    """Boxes of one line, from left to right."""
    row: list[_Box] = []
    for box in sorted(boxes, key=lambda box: ((box.top + box.bottom) / 2, box.x0)):
        if row and not _beside(row[0], box):
            yield sorted(row, key=lambda box: box.x0)
            row = []
        row.append(box)
    if row:
        yield sorted(row, key=lambda box: box.x0)


def _beside(one: _Box, other: _Box) -> bool:
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    return shared > 0.4 * min(one.bottom - one.top, other.bottom - other.top)


_EDGE = 0.12
"""The share of a page's height, above and below, where running titles stand."""
_PAGE = re.compile(r"\W*(?:page|seite)?\W*\d+\W*(?:(?:of|von|/)\W*\d+)?\W*", re.I)


def _without_running_titles(lines: Sequence[PageLine]) -> list[PageLine]:
    """The lines but those at the edges of pages that stand on several or only number the page."""
    pages = [list(page) for _, page in groupby(lines, key=lambda line: line.page)]
    edges = [line for page in pages for line in (*_edge(page, 1), *_edge(page, -1))]
    seen = Counter(_running(line) for line in edges)
    often = max(2, len(pages) / 2)
    dropped = {
        id(line)
        for line in edges
        if seen[_running(line)] >= often or _PAGE.fullmatch(line.text.strip())
    }
    return [line for line in lines if id(line) not in dropped]


def _edge(page: Sequence[PageLine], direction: int) -> Iterator[PageLine]:
    """The lines at the top or (-1) the bottom of a page, up to a gap."""
    before: PageLine | None = None
    for line in sorted(page, key=lambda line: line.top * direction):
        at = line.bottom if direction > 0 else line.height - line.top
        gap = (
            (line.top - before.bottom if direction > 0 else before.top - line.bottom)
            if before
            else 0
        )
        if line.rows or at > _EDGE * line.height or gap > line.size:
            return
        yield line
        before = line


def _running(line: PageLine) -> tuple[str, int]:
    return re.sub(r"\d+|\b[ivxl]+\b", "#", line.text.lower()), round(line.top / 6)
