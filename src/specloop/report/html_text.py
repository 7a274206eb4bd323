"""Show an HTML document as its reader sees it: the text of its blocks, with every rule in its
place.

The blocks and the source span of each character come from the parser that found the rules. Tags are
not shown; headings, list entries, cells and code keep their form.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from specloop.report.pieces import Piece, closing, innermost_first, opening
from specloop.report.rules import RuleView
from specloop.spec import SourceDocument, parse_document
from specloop.spec.blocks import Block

_TAGS = {"heading": "p", "paragraph": "p", "item": "li", "cell": "td", "fence": "pre"}
_ROW = ("table", "tbody", "tr")
_DEEPEST = 4


class HtmlText:
    """The blocks of one HTML document."""

    def __init__(self, document: str) -> None:
        self._document = document
        self._blocks = parse_document(SourceDocument.of(document, format="html"))

    def pieces(self, start: int, end: int, views: Sequence[RuleView]) -> tuple[Piece, ...] | None:
        """The blocks that begin in `document[start:end]`; None if a rule is in none of them."""
        inside = [block for block in self._blocks if start <= block.start < end]
        blocks = tuple(self._blocks_of(inside, views))
        shown = {view.number for piece in blocks for view in piece.rules}
        begun = {view.number for piece in blocks for view in piece.begins}
        own = {view.number for view in views if start <= view.rule.start}
        whole = shown == {view.number for view in views} and begun == own
        return blocks if whole else None

    def _blocks_of(self, blocks: Sequence[Block], views: Sequence[RuleView]) -> Iterator[Piece]:
        """Blocks in order; cells in a row are a table, whose first column begins each row."""
        for is_table, group in groupby(blocks, key=lambda block: block.kind == "cell"):
            if is_table:
                yield from map(opening, _ROW)
            for number, block in enumerate(group):
                if is_table and number and block.level == 1:
                    yield from (closing("tr"), opening("tr"))
                yield from self._block(block, views)
            if is_table:
                yield from map(closing, reversed(_ROW))

    def _block(self, block: Block, views: Sequence[RuleView]) -> Iterator[Piece]:
        name, level = _TAGS[block.kind], max(1, min(_DEEPEST, block.level))
        style = f"h-{level}" if block.kind == "heading" else f"{block.kind} depth-{level}"
        yield opening(name, class_=style)
        yield from self._text(block, views)
        yield closing(name)

    def _text(self, block: Block, views: Sequence[RuleView]) -> Iterator[Piece]:
        if block.kind == "fence":
            text = self._document[block.start : block.end]
            spans = [(at, at + 1) for at in range(block.start, block.end)]
        else:
            text = block.text.text
            spans = list(zip(block.text.starts, block.text.ends, strict=True))
        near = (v for v in views if v.rule.start < block.end and v.rule.end > block.start)
        inner = innermost_first(near)
        covers = [
            tuple(v for v in inner if v.rule.start < last and v.rule.end > first)
            for first, last in spans
        ]
        seen: set[int] = set()
        at = 0
        for rules, run in groupby(covers):
            length = len(list(run))
            begins = tuple(
                view for view in rules if view.number not in seen and block.start <= view.rule.start
            )
            seen |= {view.number for view in begins}
            yield Piece(text[at : at + length], rules, begins)
            at += length
