"""Cut the document into sections and pieces; each piece has the rules that cover it or begin in it.

Markdown is shown rendered and HTML as its text, if every rule keeps its place. Other sections and
plain text are shown as source.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from specloop.records import Section
from specloop.report.html_text import HtmlText
from specloop.report.markdown import Renderer
from specloop.report.pieces import Piece, innermost_first
from specloop.report.rules import RuleView


class SectionView(NamedTuple):
    """The text from one section's heading to the next."""

    anchor: str
    title: str
    section: Section | None
    """None for text before the first."""
    n_rules: int
    pieces: tuple[Piece, ...]
    is_source: bool
    """Whether it is shown as source, with its white space."""


class DocumentLayout(NamedTuple):
    """The whole document, and the rules whose quote is not at their recorded place."""

    blocks: tuple[SectionView, ...]
    unplaced: tuple[RuleView, ...]


class _Cut(NamedTuple):
    start: int
    heading_end: int
    section: Section | None


def lay_out(
    document: str, sections: Sequence[Section], views: Sequence[RuleView], format: str = "text"
) -> DocumentLayout:
    """Cut the document at sections and rule borders; pieces of plain text join to the same text
    again."""
    placed = [
        v for v in views if v.rule.quote and document[v.rule.start : v.rule.end] == v.rule.quote
    ]
    placed_numbers = {v.number for v in placed}
    cuts = _cuts(document, sections)
    renderer = _renderer(document, cuts, format)
    blocks: list[SectionView] = []
    for index, cut in enumerate(cuts):
        end = cuts[index + 1].start if index + 1 < len(cuts) else len(document)
        inside = [v for v in placed if v.rule.start < end and v.rule.end > cut.start]
        rendered = renderer.pieces(cut.start, end, inside) if renderer and end > cut.start else None
        pieces = tuple(_source_pieces(document, cut, end, inside)) if rendered is None else rendered
        n_rules = sum(cut.start <= v.rule.start for v in inside)
        if pieces and end > cut.start:
            head = (_anchor(index), _title(cut), cut.section)
            blocks.append(SectionView(*head, n_rules, pieces, rendered is None))
    return DocumentLayout(tuple(blocks), tuple(v for v in views if v.number not in placed_numbers))


def _renderer(document: str, cuts: Sequence[_Cut], format: str) -> Renderer | HtmlText | None:
    """The Markdown renderer, also for converted PDF and DOCX files."""
    if format in ("markdown", "pdf", "docx"):
        places = {
            cut.section.anchor: (_anchor(index), _title(cut))
            for index, cut in enumerate(cuts)
            if cut.section and cut.section.anchor
        }
        return Renderer(document, places)
    return HtmlText(document) if format == "html" else None


def _cuts(document: str, sections: Sequence[Section]) -> list[_Cut]:
    """Where sections begin with their heading line, whether or not their text includes it."""
    cuts: list[_Cut] = [_Cut(0, 0, None)]
    for section in sorted(sections, key=lambda s: (s.start, s.level)):
        floor = max(cuts[-1].start, cuts[-1].heading_end)
        start, end = _heading(document, section, floor)
        if start >= floor:
            cuts.append(_Cut(start, end, section))
    return cuts[1:] if len(cuts) > 1 and cuts[1].start == 0 else cuts


def _heading(document: str, section: Section, floor: int) -> tuple[int, int]:
    title = section.path[-1] if section.path else ""
    if not title:
        return section.start, section.start
    line_end = _line_end(document, section.start)
    at = document.find(title, section.start, line_end)
    if at < 0:
        at = document.rfind(title, floor, section.start)
    if at < 0:
        return section.start, section.start
    return document.rfind("\n", 0, at) + 1, _line_end(document, at)


def _line_end(document: str, at: int) -> int:
    end = document.find("\n", at)
    return len(document) if end < 0 else end + 1


def _anchor(index: int) -> str:
    return f"section-{index}"


def _title(cut: _Cut) -> str:
    return cut.section.path[-1] if cut.section and cut.section.path else "Opening"


def _source_pieces(
    document: str, cut: _Cut, end: int, views: Sequence[RuleView]
) -> Iterator[Piece]:
    heading_end = min(max(cut.heading_end, cut.start), end)
    borders = {cut.start, heading_end, end}
    for view in views:
        borders |= {max(view.rule.start, cut.start), min(view.rule.end, end)}
    innermost = innermost_first(views)
    for start, stop in pairwise(sorted(borders)):
        covering = tuple(v for v in innermost if v.rule.start <= start and stop <= v.rule.end)
        begins = tuple(
            sorted((v for v in covering if v.rule.start == start), key=lambda v: v.number)
        )
        yield Piece(document[start:stop], covering, begins, is_heading=stop <= heading_end)
