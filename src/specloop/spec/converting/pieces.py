"""The pieces of a converted document, and how they are written as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

DEEPEST = 6


class PageText(NamedTuple):
    """A heading, paragraph, list entry, table or footnote in reading order."""

    kind: Literal["heading", "paragraph", "item", "table", "footnote"]
    text: str = ""
    """Markdown; of a footnote with its name before it."""
    level: int = 1
    """Depth of a heading or list entry, from 1."""
    mark: str = "-"
    """The mark of a list entry: `-` or `3.`."""
    rows: tuple[tuple[str, ...], ...] = ()
    """A table's cells, in rows of one length."""
    header: bool | None = None
    """Whether the table's first row is its header; None if that is not known."""


def to_markdown(pieces: Iterable[PageText]) -> str:
    """A document's text."""
    written: list[str] = []
    depth = 0
    for piece in pieces:
        if piece.kind != "item":
            depth = 0
            written += ["", _written(piece)]
            continue
        written += [""] if not depth else []
        depth = min(piece.level, depth + 1)
        written.append(f"{'    ' * (depth - 1)}{piece.mark} {piece.text}")
    return "\n".join(written).strip() + "\n" if written else ""


def _written(piece: PageText) -> str:
    if piece.kind == "heading":
        return f"{'#' * min(DEEPEST, piece.level)} {piece.text}"
    if piece.kind == "table":
        return _table(piece)
    if piece.kind == "footnote":
        name, _, text = piece.text.partition(" ")
        return f"[^{name}]: {text}"
    return piece.text


def _table(piece: PageText) -> str:
    rows = [[cell.replace("|", "\\|") for cell in row] for row in piece.rows]
    header = has_header(piece.rows) if piece.header is None else piece.header
    if not header:
        rows.insert(0, [""] * len(rows[0]))
    rows.insert(1, ["---"] * len(rows[0]))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


_MOST_HEADER_WORDS = 5


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a table's first row looks like a header: a short title in every cell."""
    first, rest = rows[0], rows[1:]
    if not rest or not all(cell.strip() for cell in first):
        return False
    short = all(len(c.split()) <= _MOST_HEADER_WORDS and c.rstrip()[-1] not in ".;!" for c in first)
    return short and max(len(c) for row in rest for c in row) > max(len(c) for c in first)


_MARKS = re.compile(
    r"\\(?=[!-/:-@\[-`{-~])|\*|(?<!\w)_|_(?!\w)|<(?=[A-Za-z/!])|&(?=#?\w+;)|~(?=~)|\[(?=\^)"
)
_BEGINNING = re.compile(r"(#{1,6}|[-+=>|]|:{3}|!{3}|\?{3}|`{3}|~{3})(?=\s|\S)|\d{1,9}(?=[.)]\s)")


def escaped(text: str) -> str:
    """A text in which nothing is a mark of Markdown, and white space is single spaces."""
    plain = " ".join(text.split())
    return _MARKS.sub(lambda match: "\\" + match[0], plain)


def opening(text: str) -> str:
    """An escaped text as a paragraph, which begins with no mark of a block."""
    match = _BEGINNING.match(text)
    if match is None:
        return text
    number = match[0].isdigit()
    return f"{match[0]}\\{text[match.end() :]}" if number else f"\\{text}"


_BULLET = re.compile(
    r"(?:[•◦▪▫■□●○‣⁃∙·➢➤►❖◆\uf000-\uf0ff*–—-]|\(cid:\d+\)|o(?=\s+\S))(?:\s+|$)(?:\[([ xX])\]\s+)?"
)
_NUMBER = re.compile(r"(?:(\d{1,3})[.)]|\(?([a-z])[.)]|\(?([ivx]{1,5})[.)]|\((\d{1,3})\))(?:\s+|$)")


class MarkedText(NamedTuple):
    """A line that begins with the mark of a list entry."""

    mark: str
    """`-` or `3.`."""
    skipped: int
    """The length of the mark and the white space after it."""


def marked(text: str) -> MarkedText | None:
    """The mark that a line of text begins with, if any."""
    if bullet := _BULLET.match(text):
        return MarkedText("-", bullet.end())
    number = _NUMBER.match(text)
    if number is None:
        return None
    digits, letter, roman, bracketed = number.groups()
    value = digits or bracketed or (str(ord(letter) - ord("a") + 1) if letter else "")
    return MarkedText(f"{value or _roman(roman)}.", number.end())


def _roman(text: str) -> int:
    values = [{"i": 1, "v": 5, "x": 10}[char] for char in text]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return sum(-value if value < following else value for value, following in pairs)
