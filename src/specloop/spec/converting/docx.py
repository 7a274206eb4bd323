"""Word documents by mammoth, which resolves their numbering, styles and notes.

A paragraph is a heading by its style, a list entry by its numbering or its style's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from specloop.spec.converting.pieces import PageText, escaped, marked, opening, to_markdown


def read_docx(file: BytesIO) -> str:
    """A Word document as Markdown; mammoth's and other errors where it is damaged."""
    import mammoth
    from mammoth import documents

    read: list[Any] = []

    def keep(document: Any) -> Any:
        read.append(document)
        return documents.document([])

    mammoth.convert_to_html(file, transform_document=keep)
    return to_markdown(_Reader(read[0]).pieces())


_HEADING = re.compile(r"heading\s*(\d)", re.I)
_LIST = re.compile(r"list\s*(?:bullet|number)\s*(\d?)", re.I)
_MOST_TITLE_WORDS = 12


class _Reader:
    """Follows a document's paragraphs and tables."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._references: list[Any] = []
        names = [_style(p) for p in document.children if _kind(p) == "Paragraph"]
        self._below_title = int(any(name.lower() == "title" for name in names))
        self._has_headings = any(_HEADING.match(name) for name in names)

    def pieces(self) -> Iterator[PageText]:
        """Its pieces in reading order, footnotes last."""
        for element in self._document.children:
            yield from self._element(element)
        for reference in self._references:
            body = self._document.notes.resolve(reference).body
            text = " ".join(filter(None, map(self._text, body)))
            yield PageText("footnote", f"{_name(reference)} {text}")

    def _element(self, element: Any) -> Iterator[PageText]:
        if _kind(element) == "Table":
            yield from self._table(element)
        elif _kind(element) == "Paragraph" and (text := self._text(element)):
            yield self._paragraph(element, text)

    def _paragraph(self, paragraph: Any, text: str) -> PageText:
        style, numbering = _style(paragraph), paragraph.numbering
        if level := self._heading_level(paragraph, style, text):
            return PageText("heading", text, level)
        listed, typed = _LIST.match(style), marked(text)
        if numbering is not None or listed:
            depth = int(numbering.level_index) + 1 if numbering is not None else 1
            nested = int(listed[1] or 1) if listed else 1
            ordered = numbering.is_ordered if numbering is not None else "number" in style.lower()
            return PageText("item", text, max(depth, nested), "1." if ordered else "-")
        if typed and text[typed.skipped :]:
            return PageText("item", text[typed.skipped :], 1, typed.mark)
        return PageText("paragraph", opening(text))

    def _heading_level(self, paragraph: Any, style: str, text: str) -> int:
        """0 for a paragraph that is no heading."""
        if style.lower() == "title":
            return 1
        if match := _HEADING.match(style):
            return int(match[1]) + self._below_title
        bold = [run.is_bold for run in _runs(paragraph) if _letters(run)]
        short = len(text.split()) <= _MOST_TITLE_WORDS and text[-1] not in ".:;,!?"
        titled = not self._has_headings and paragraph.numbering is None and not _LIST.match(style)
        return 1 + self._below_title if titled and short and bold and all(bold) else 0

    def _table(self, table: Any) -> Iterator[PageText]:
        rows, headers = self._rows(table), [row.is_header for row in table.children]
        if not rows:
            return
        if len(rows[0]) == 1:
            for row in table.children:
                for cell in row.children:
                    for element in cell.children:
                        yield from self._element(element)
            return
        yield PageText("table", rows=rows, header=True if headers and headers[0] else None)

    def _rows(self, table: Any) -> tuple[tuple[str, ...], ...]:
        """The cells' texts; one that spans rows or columns stands in the first column of each."""
        rows: list[dict[int, str]] = [{} for _ in table.children]
        for at, row in enumerate(table.children):
            column = 0
            for cell in row.children:
                while column in rows[at]:
                    column += 1
                text = " ".join(filter(None, map(self._text, self._paragraphs(cell))))
                for below in rows[at : at + cell.rowspan]:
                    below |= {column: text} | {column + i: "" for i in range(1, cell.colspan)}
                column += cell.colspan
        width = max((max(row) + 1 for row in rows if row), default=0)
        return tuple(tuple(row.get(i, "") for i in range(width)) for row in rows if row)

    def _paragraphs(self, element: Any) -> Iterator[Any]:
        for child in element.children:
            if _kind(child) == "Paragraph":
                yield child
            elif hasattr(child, "children"):
                yield from self._paragraphs(child)

    def _text(self, element: Any) -> str:
        return re.sub(r"\s+", " ", "".join(self._inline(element))).strip()

    def _inline(self, element: Any) -> Iterator[str]:
        kind = _kind(element)
        if kind == "Text":
            yield _spaced(element.value)
        elif kind == "Break":
            yield "<br>" if element.break_type == "line" else " "
        elif kind == "Tab":
            yield " "
        elif kind == "Checkbox":
            yield "[x] " if element.checked else "[ ] "
        elif kind == "NoteReference":
            self._references.append(element)
            yield f"[^{_name(element)}]"
        elif kind == "Run" and element.is_strikethrough and _letters(element):
            yield f"~~{''.join(self._inside(element)).strip()}~~"
        else:
            yield from self._inside(element)

    def _inside(self, element: Any) -> Iterator[str]:
        for child in getattr(element, "children", ()):
            yield from self._inline(child)


def _name(reference: Any) -> str:
    """The name of a footnote or endnote."""
    return f"{reference.note_type[0]}{reference.note_id}"


def _kind(element: Any) -> str:
    return type(element).__name__


def _style(paragraph: Any) -> str:
    return paragraph.style_name or paragraph.style_id or ""


def _runs(element: Any) -> Iterator[Any]:
    if _kind(element) == "Run":
        yield element
    for child in getattr(element, "children", ()) if _kind(element) != "Run" else ():
        yield from _runs(child)


def _letters(element: Any) -> bool:
    """Whether there is text in an element."""
    if _kind(element) == "Text":
        return bool(element.value.strip())
    return any(_letters(child) for child in getattr(element, "children", ()))


def _spaced(text: str) -> str:
    """An escaped text with the white space at its ends."""
    before = " " if text[:1].isspace() else ""
    after = " " if text.strip() and text[-1:].isspace() else ""
    return f"{before}{escaped(text)}{after}"
