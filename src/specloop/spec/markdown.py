"""Read Markdown into blocks with exact offsets.

markdown-it-py finds the block structure and gives line ranges. What it strips from a line (quote
signs, list marks, indentation) is found again by comparing its content with the source line.
Emphasis, links, footnote marks, tags and escapes inside a paragraph are removed here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from specloop.htmltext import unescaped, without_open_comments
from specloop.spec.blocks import (
    LINE,
    Aside,
    Attributes,
    Block,
    admonition_aside,
    is_example,
    quote_aside,
    read_attributes,
)
from specloop.spec.mapped import Mapped, Weaver, of_slices

_ATTRIBUTES = re.compile(r"\s*\{(?=[#.:\w])([^{}\n]*)\}\s*$")


def parse_markdown(source: str) -> list[Block]:
    """The blocks of a Markdown document in reading order."""
    parser = MarkdownIt("commonmark").enable("table").disable("inline")
    parser.use(admon_plugin).use(footnote_plugin, inline=False).use(front_matter_plugin)
    tokens = parser.parse(source)
    walk = _Walk(source, _Lines(source))
    for at, token in enumerate(tokens):
        walk.take(token, tokens, at)
    titles = {
        b.attributes.anchor: clean(b.text, {}).text for b in walk.blocks if b.attributes.anchor
    }
    return [
        block if block.kind == "fence" else replace(block, text=clean(block.text, titles))
        for block in walk.blocks
    ]


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
    blocks: list[Block] = field(default_factory=list[Block])
    asides: list[Aside] = field(default_factory=list[Aside])
    leads: list[int] = field(default_factory=list[int])
    fresh: bool = False
    """Whether an item was opened and its first block has yet to come."""
    row: list[int] = field(default_factory=list[int])
    columns: list[int] = field(default_factory=list[int])
    heading: int = 0

    def take(self, token: Token, tokens: Sequence[Token], at: int) -> None:
        """Follow one token."""
        kind = token.type
        if kind in ("bullet_list_open", "ordered_list_open"):
            self.leads.append(len(self.blocks) - 1)
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self.leads.pop()
        elif kind in ("inline", "html_block", "fence", "code_block"):
            self._block(token, tokens[at - 1].type)
        else:
            self._container(token, tokens, at)

    def _container(self, token: Token, tokens: Sequence[Token], at: int) -> None:
        kind = token.type
        if kind == "list_item_open":
            self.fresh = True
        elif kind in ("blockquote_open", "admonition_open", "footnote_block_open"):
            self.asides.append(self._aside(token, tokens, at))
        elif kind in ("blockquote_close", "admonition_close", "footnote_block_close"):
            self.asides.pop()
        elif kind in ("thead_open", "tr_open"):
            self.row = []
            self.columns = [] if kind == "thead_open" else self.columns
        elif kind == "heading_open":
            self.heading = int(token.tag[1])

    def _set_aside(self) -> Aside:
        for aside in filter(None, self.asides):
            return aside
        return ""

    def _aside(self, token: Token, tokens: Sequence[Token], at: int) -> Aside:
        if token.type == "footnote_block_open":
            return "footnote"
        if token.type == "admonition_open":
            title = tokens[at + 2].content if tokens[at + 1].type == "admonition_title_open" else ""
            return admonition_aside(str(token.meta.get("tag", "")), title)
        inside = next((t.content for t in islice(tokens, at, None) if t.type == "inline"), "")
        return quote_aside(inside, self.blocks[-1].text.text if self.blocks else "")

    def _block(self, token: Token, opened_by: str) -> None:
        first, last = token.map or (0, 0)
        if token.type in ("fence", "code_block"):
            start, end = self.lines.whole(first, last)
            self.blocks.append(Block("fence", start, end, aside="example"))
        elif opened_by == "admonition_title_open" or token.content.lstrip().startswith("<!--"):
            return
        elif opened_by in ("th_open", "td_open"):
            self._cell(token, first, header=opened_by == "th_open")
        else:
            slices = self.lines.slices(token.content, first, last)
            if slices:
                self._text(slices, is_heading=opened_by == "heading_open")
        self.fresh = False

    def _text(self, slices: list[tuple[int, int]], *, is_heading: bool) -> None:
        text, start, end = of_slices(self.source, slices), slices[0][0], slices[-1][1]
        aside = self._set_aside()
        if is_heading and not self.asides and not self.leads:
            self.blocks.append(_heading(text, start, end, self.heading))
        elif is_heading:
            self.blocks.append(Block("paragraph", start, end, text, aside=aside))
        else:
            aside = "example" if not aside and is_example(text.text) else aside
            kind = "item" if self.fresh else "paragraph"
            lead = self.leads[-1] if self.fresh and self.leads else -1
            depth = len(self.leads)
            self.blocks.append(Block(kind, start, end, text, depth, lead, aside))

    def _cell(self, token: Token, first: int, *, header: bool) -> None:
        start, end = self.lines.line(first)
        cursor = self.blocks[self.row[-1]].end if self.row else start
        at = self.source.find(token.content, max(cursor, start), end)
        if at < 0 or not token.content:
            at = cursor
            token.content = ""
        text = of_slices(self.source, [(at, at + len(token.content))])
        index, column = len(self.blocks), len(self.row)
        aside: Aside = "commentary" if header else self._set_aside()
        lead = self.columns[column] if not header and column < len(self.columns) else -1
        self.blocks.append(
            Block("cell", at, at + len(token.content), text, column + 1, lead, aside)
        )
        self.row.append(index)
        if header:
            self.columns.append(index)


def _heading(text: Mapped, start: int, end: int, level: int) -> Block:
    match = _ATTRIBUTES.search(text.text)
    if match is None:
        return Block("heading", start, end, text, level, attributes=Attributes())
    title = text.cut(0, match.start())
    end = title.span(0, len(title.text))[1] if title.text else end
    return Block("heading", start, end, title, level, attributes=read_attributes(match[1]))


_INLINE = re.compile(
    r"""
      (?P<mark_of_item>\A\[[ xX]\]\s|\A\[!\w+\])
    | (?P<escape>\\[!-/:-@\[-`{-~\n])
    | (?P<code>(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))
    | (?P<footnote>\s?\[\^[^\]\s]+\])
    | !?\[(?P<label>(?:[^\[\]]|\[[^\[\]]*\])*)\]
      (?:\((?P<url>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+"[^"]*")?\)|\[(?P<ref>[^\]]*)\])
    | <(?P<auto>(?:https?://|mailto:)[^<>\s]+)>
    | (?P<tag></?[a-zA-Z][^<>]*>|<!--.*?-->)
    | (?P<entity>&(?:\w+|\#\d+|\#x[0-9a-fA-F]+);)
    | (?P<mark>\*{1,3}|_{1,3}|~~)
    """,
    re.X | re.S,
)


def clean(raw: Mapped, titles: Mapping[str, str]) -> Mapped:
    """Remove inline markup; `[?](#anchor)` becomes that section's title in quotation marks."""
    weaver = Weaver()
    _weave(raw, titles, weaver)
    return weaver.done()


def _weave(raw: Mapped, titles: Mapping[str, str], weaver: Weaver) -> None:
    at = 0
    for match in _INLINE.finditer(without_open_comments(raw.text)):
        weaver.copy(raw, at, match.start())
        at = match.end()
        if match.lastgroup == "mark" or match["mark"]:
            _emphasis(raw, match, weaver)
        elif match["label"] is not None:
            _link(raw, match, titles, weaver)
        else:
            _other(raw, match, weaver)
    weaver.copy(raw, at)


def _emphasis(raw: Mapped, match: re.Match[str], weaver: Weaver) -> None:
    before = raw.text[match.start() - 1 : match.start()]
    after = raw.text[match.end() : match.end() + 1]
    start, end = raw.span(*match.span())
    if _literal(match[0], before, after):
        weaver.copy(raw, *match.span())
    elif after.strip() and not (before.strip() and (before.isalnum() or before in ".,;:!?)]\"'”’")):
        weaver.open(start)
    else:
        weaver.close(end)


def _literal(mark: str, before: str, after: str) -> bool:
    """Whether a run of marks is literal: `2 * 3`, `snake_case`, a blank to fill in."""
    loose = not before.strip() and not after.strip()
    if mark[0] == "_":
        return loose or (before.isalnum() and after.isalnum()) or "_" in (before, after)
    return loose or (before.isdigit() and after.isdigit())


def _link(raw: Mapped, match: re.Match[str], titles: Mapping[str, str], weaver: Weaver) -> None:
    start, end = raw.span(*match.span())
    label, url = match["label"], match["url"] or ""
    if match[0].startswith("!"):
        weaver.close(end)
    elif label == "?" and url.startswith("#"):
        weaver.add(f'"{titles.get(url[1:], url[1:].replace("_", " "))}"', start, end)
    elif label:
        weaver.open(start)
        _weave(raw.cut(*match.span("label")), titles, weaver)
        weaver.close(end)


def _other(raw: Mapped, match: re.Match[str], weaver: Weaver) -> None:
    start, end = raw.span(*match.span())
    if match["escape"]:
        weaver.add(match[0][1], start, end)
    elif match["code"]:
        weaver.copy(raw, *match.span())
    elif match["auto"]:
        weaver.add(match["auto"], start, end)
    elif match["entity"]:
        weaver.add(unescaped(match[0]), start, end)
    elif match["tag"] and not match[0].startswith("</") and not match[0].startswith("<!--"):
        weaver.open(start)
    else:
        weaver.close(end)
