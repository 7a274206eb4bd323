"""Read Markdown into blocks with exact offsets.

markdown-it-py finds the block structure and gives line ranges. What it strips from a line (quote
signs, list marks, indentation) is found again by comparing its content with the source line.
Lines that are no part of the text, such as front matter, are blank for the parser.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from specloop.spec.blocks import (
    LINE,
    Aside,
    Attributes,
    Block,
    admonition_aside,
    container_aside,
    is_example,
    quote_aside,
    read_attributes,
)
from specloop.spec.html import parse_html
from specloop.spec.inline import clean, ended_tags
from specloop.spec.mapped import Mapped, of_slices
from specloop.spec.masked import Masked, masked, open_fences

_ATTRIBUTES = re.compile(r"\s*\{(?=[#.:\w])([^{}\n]*)\}\s*$")


def parse_markdown(source: str) -> list[Block]:
    """The blocks of a Markdown document in reading order.

    A fence without an end is a block of one line, and what follows it is read.
    """
    text, tokens = _parsed(source)
    walk = _Walk(source, _Lines(source), text.examples, sorted(text.fences, reverse=True))
    for at, token in enumerate(tokens):
        walk.take(token, tokens, at)
    walk.end_fences(len(text.lines))
    titles = {
        b.attributes.anchor: clean(b.text, {}).text for b in walk.blocks if b.attributes.anchor
    }
    ended = ended_tags(source)
    return [
        block if block.kind == "fence" else replace(block, text=clean(block.text, titles, ended))
        for block in walk.blocks
    ]


_MOST_PARSES = 4
_MAX_NESTING = 100
"""How deep lists and quotes may be in each other; a list counts twice. What is deeper is lost."""


def _parsed(source: str) -> tuple[Masked, list[Token]]:
    """The parser's tokens, with fences that have no end left out."""
    parser = (
        MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable("table").disable("inline")
    )
    parser.use(admon_plugin).use(footnote_plugin, inline=False).use(deflist_plugin)
    parser.use(container_plugin, "aside", validate=_names_a_kind)
    text = masked(source)
    tokens = parser.parse(text.text)
    for _ in range(_MOST_PARSES):
        rows = open_fences(text.lines, tokens)
        if not rows:
            break
        text = text.without_fences(rows)
        tokens = parser.parse(text.text)
    return text, tokens


class _Lines:
    """Where the parser's lines are in the source."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = [m.start() for m in LINE.finditer(source)]
        self.at.append(len(source))

    def line(self, number: int) -> tuple[int, int]:
        """The start and end of a line without its line end."""
        start, end = self.at[number], self.at[min(number + 1, len(self.at) - 1)]
        while end > start and self.source[end - 1] in "\r\n":
            end -= 1
        return start, end

    def slices(self, content: str, first: int, last: int) -> list[tuple[int, int]]:
        """The slices of lines `first` to `last` that make up a block's content."""
        parts = [part.strip() for part in content.split("\n")]
        places: list[tuple[int, int]] = []
        number = first
        for part in parts:
            if not part:
                continue
            for row in range(number, min(last, len(self.at) - 1)):
                start, end = self.line(row)
                at = self.source.rfind(part, start, end)
                if at >= 0:
                    places.append((at, at + len(part)))
                    number = row + 1
                    break
        return places

    def whole(self, first: int, last: int) -> tuple[int, int]:
        """The lines of a block without white space around them."""
        start, end = self.at[first], self.line(max(first, last - 1))[1]
        text = self.source[start:end]
        return start + len(text) - len(text.lstrip()), end - (len(text) - len(text.rstrip()))


@dataclass(slots=True)
class _Walk:
    """Follows the tokens and remembers which containers they are in."""

    source: str
    lines: _Lines
    examples: frozenset[int]
    """Lines in tags of examples."""
    unended: list[int]
    """The lines that begin a fence without an end, the next one last."""
    blocks: list[Block] = field(default_factory=list[Block])
    asides: list[Aside] = field(default_factory=list[Aside])
    leads: list[int] = field(default_factory=list[int])
    fresh: bool = False
    """Whether an item was opened and its first block has yet to come."""
    term: int = -1
    """The term that a list of definitions is at."""
    row: list[int] = field(default_factory=list[int])
    columns: list[int] = field(default_factory=list[int])
    heading: int = 0

    def take(self, token: Token, tokens: Sequence[Token], at: int) -> None:
        """Follow one token."""
        kind = token.type
        if kind in ("bullet_list_open", "ordered_list_open"):
            self.leads.append(len(self.blocks) - 1)
        elif kind == "dt_close":
            self.term = len(self.blocks) - 1
        elif kind == "dd_open":
            self.leads.append(self.term)
            self.fresh = True
        elif kind in ("bullet_list_close", "ordered_list_close", "dd_close"):
            self.leads.pop()
        elif kind in ("inline", "html_block", "fence", "code_block"):
            self.end_fences((token.map or (0, 0))[0])
            self._block(token, tokens[at - 1].type)
        else:
            self._container(token, tokens, at)

    def _container(self, token: Token, tokens: Sequence[Token], at: int) -> None:
        kind = token.type
        if kind == "list_item_open":
            self.fresh = True
        elif kind in _ASIDES:
            self.asides.append(self._aside(token, tokens, at))
            if kind == "container_aside_open":
                self._title(token)
        elif kind.removesuffix("_close") + "_open" in _ASIDES:
            self.asides.pop()
        elif kind in ("thead_open", "tr_open"):
            self.row = []
            self.columns = [] if kind == "thead_open" else self.columns
        elif kind == "heading_open":
            self.heading = int(token.tag[1])

    def end_fences(self, row: int) -> None:
        """Give the fences without an end that begin before a line."""
        while self.unended and self.unended[-1] < row:
            self.blocks.append(
                Block("fence", *self.lines.line(self.unended.pop()), aside="example")
            )

    def _set_aside(self, start: int = -1) -> Aside:
        for aside in filter(None, self.asides):
            return aside
        row = bisect_right(self.lines.at, start) - 1
        return "example" if row in self.examples else ""

    def _title(self, token: Token) -> None:
        """The title of a `:::` container that is read is part of the text."""
        row = (token.map or (0, 0))[0]
        title = _kind_and_title(token.info)[1]
        slices = self.lines.slices(title, row, row + 1)
        if slices and not self.asides[-1]:
            self._text(slices, is_heading=False)

    def _aside(self, token: Token, tokens: Sequence[Token], at: int) -> Aside:
        if token.type == "footnote_block_open":
            return "footnote"
        if token.type == "admonition_open":
            title = tokens[at + 2].content if tokens[at + 1].type == "admonition_title_open" else ""
            return admonition_aside(str(token.meta.get("tag", "")), title)
        if token.type == "container_aside_open":
            return container_aside(*_kind_and_title(token.info))
        after = (tokens[number] for number in range(at, len(tokens)))
        inside = next((token.content for token in after if token.type == "inline"), "")
        return quote_aside(inside, self.blocks[-1] if self.blocks else None)

    def _block(self, token: Token, opened_by: str) -> None:
        first, last = token.map or (0, 0)
        last = max(last, first + 1)
        if token.type in ("fence", "code_block"):
            start, end = self.lines.whole(first, last)
            self.blocks.append(Block("fence", start, end, aside="example"))
        elif token.content.lstrip().startswith("<!--") or (
            opened_by == "admonition_title_open" and _is_untitled(token, self.asides[-1])
        ):
            return
        elif token.type == "html_block" and not token.level and _is_closed(token.content):
            self._html(first, last)
        elif opened_by in ("th_open", "td_open"):
            self._cell(token, first, header=opened_by == "th_open")
        else:
            slices = self.lines.slices(token.content, first, last)
            if slices:
                self._text(slices, is_heading=opened_by == "heading_open")
        self.fresh = False

    def _html(self, first: int, last: int) -> None:
        """A block of HTML, read as such."""
        start, end = self.lines.whole(first, last)
        n = len(self.blocks)
        for block in parse_html(self.source, start, end):
            lead = block.lead + n if block.lead >= 0 else -1
            aside = block.aside or self._set_aside(block.start)
            self.blocks.append(replace(block, lead=lead, aside=aside))

    def _text(self, slices: list[tuple[int, int]], *, is_heading: bool) -> None:
        text, start, end = of_slices(self.source, slices), slices[0][0], slices[-1][1]
        aside = self._set_aside(start)
        if is_heading and not self.asides and not self.leads:
            self.blocks.append(_heading(text, start, end, self.heading))
        elif is_heading:
            self.blocks.append(Block("paragraph", start, end, text, aside=aside))
        else:
            aside = "example" if not aside and is_example(text.text) else aside
            kind = "item" if self.fresh else "paragraph"
            lead = self.leads[-1] if self.fresh and self.leads else -1
            depth, n = len(self.leads), len(self.blocks)
            whole = Block(kind, start, end, text, depth, lead, aside)
            self.blocks.extend(_cut_lines(whole, n))

    def _cell(self, token: Token, first: int, *, header: bool) -> None:
        start, end = self.lines.line(first)
        cursor = self.blocks[self.row[-1]].end if self.row else start
        at = self.source.find(token.content, max(cursor, start), end)
        if at < 0 or not token.content:
            at = cursor
            token.content = ""
        text = of_slices(self.source, [(at, at + len(token.content))])
        index, column = len(self.blocks), len(self.row)
        aside: Aside = "commentary" if header else self._set_aside(at)
        lead = self.columns[column] if not header and column < len(self.columns) else -1
        self.blocks.append(
            Block("cell", at, at + len(token.content), text, column + 1, lead, aside)
        )
        self.row.append(index)
        if header:
            self.columns.append(index)


def _names_a_kind(info: str, _: str) -> bool:
    return bool(info.strip())


_ASIDES = ("blockquote_open", "admonition_open", "footnote_block_open", "container_aside_open")
_CONTAINER = re.compile(r"\s*\{?\.?([\w-]*)[^\s\[]*\s*\[?([^\]]*)")


def _kind_and_title(info: str) -> tuple[str, str]:
    """The parts of `:::warning Title` and `:::warning[Title]`."""
    match = _CONTAINER.match(info)
    return (match[1], match[2].strip()) if match else ("", "")


def _is_untitled(token: Token, aside: Aside) -> bool:
    """Whether an admonition's title is only its kind, or is not read."""
    return bool(aside) or len(token.content.split()) < 2


def _is_closed(text: str) -> bool:
    """Whether the parser of HTML reads a block in time: it searches the end of every tag."""
    return text.count("<") - text.count(">") < 20


_BREAK = re.compile(r"\s*<br\s*/?>\s*(?:[-*•]\s+)?", re.I)


def _cut_lines(block: Block, index: int) -> Iterator[Block]:
    """A block, whose lines after a lead-in (`must not:<br>...<br>...`) are a list's entries."""
    lead, *lines = _pieces(block.text)
    if not lines or not lead.text.endswith(":"):
        yield block
        return
    yield replace(block, end=lead.ends[-1], text=lead)
    for line in lines:
        start, end = line.span(0, len(line.text))
        yield Block("item", start, end, line, block.level + 1, index, block.aside)


def _pieces(text: Mapped) -> list[Mapped]:
    """The lines of a text that has breaks in it; none but the first is empty."""
    if "<" not in text.text:
        return [text]
    places = [match.span() for match in _BREAK.finditer(text.text)]
    begins, ends = [0, *(end for _, end in places)], [*(at for at, _ in places), len(text.text)]
    pieces = [text.cut(a, b) for a, b in zip(begins, ends, strict=True)]
    return [pieces[0], *(piece for piece in pieces[1:] if piece.text)]


def _heading(text: Mapped, start: int, end: int, level: int) -> Block:
    match = _ATTRIBUTES.search(text.text)
    if match is None:
        return Block("heading", start, end, text, level, attributes=Attributes())
    title = text.cut(0, match.start())
    end = title.span(0, len(title.text))[1] if title.text else end
    return Block("heading", start, end, title, level, attributes=read_attributes(match[1]))
