"""Read HTML into blocks with exact offsets, by the standard library's parser.

A block's clean text has tags removed and character references resolved; the slice of the source
keeps both.
"""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

from specloop.htmltext import unescaped
from specloop.spec.blocks import (
    Aside,
    Attributes,
    Block,
    Kind,
    admonition_aside,
    attributes,
    is_example,
    quote_aside,
)
from specloop.spec.mapped import EMPTY, Mapped, Weaver

_NAMES = {
    "skipped": "script style head template nav noscript svg form button select",
    "inline": "a abbr b bdi bdo cite code data del dfn em font i ins kbd label mark q s samp small "
    "span strong sub sup time tt u var wbr",
    "container": "div section article aside blockquote header footer details figure figcaption "
    "main",
    "void": "area base br col embed hr img input link meta source track",
}
_KIND = {tag: kind for kind, tags in _NAMES.items() for tag in tags.split()}
"""What a tag is: skipped with its text, markup inside a text, a container, or without text."""
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_STRUCTURE = (
    "html body p br hr ul ol li dl dt dd table caption colgroup thead tbody tfoot tr td th pre "
    "hgroup address center font summary option fieldset legend dialog math picture object iframe "
    "video audio canvas search menu"
)
VOID_TAGS = frozenset(_NAMES["void"].split()) | {"br"}
TAGS = frozenset(_KIND) | frozenset(_HEADINGS) | frozenset(_STRUCTURE.split())
"""The names that are tags of HTML; all others are text in Markdown."""
_ENDED_BY = {
    "p": frozenset(_HEADINGS)
    | frozenset(_NAMES["container"].split())
    | frozenset(["p", "ul", "ol", "dl", "table", "pre", "hr", "address"]),
    "li": frozenset({"li"}),
    "dt": frozenset({"dt", "dd"}),
    "dd": frozenset({"dt", "dd"}),
    "td": frozenset({"td", "th", "tr", "tbody"}),
    "th": frozenset({"td", "th", "tr", "tbody"}),
    "tr": frozenset({"tr", "tbody"}),
    "option": frozenset({"option"}),
}
"""Elements that end where one of these begins."""
_MAX_NESTED = 100
"""How many nested containers are distinguished."""


def parse_html(source: str, start: int = 0, end: int | None = None) -> list[Block]:
    """The blocks of an HTML document, or of `source[start:end]`, in reading order.

    Parts that a browser hides are left out.
    """
    text = source[start:end]
    reader = _Reader(source, start, text)
    reader.feed(text)
    reader.close()
    reader.flush()
    return reader.blocks


class _Hidden:
    """The open elements of a part that is not shown."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._counts: Counter[str] = Counter()

    def __bool__(self) -> bool:
        return bool(self._open)

    def begin(self, tag: str) -> bool:
        """Open an element inside; False if it ends the part and is outside."""
        if self._open and tag in _ENDED_BY.get(self._open[-1], ()):
            self._close(self._open[-1])
            if not self._open:
                return False
        if tag not in VOID_TAGS:
            self._open.append(tag)
            self._counts[tag] += 1
        return True

    def end(self, tag: str) -> bool:
        """Close an element; False if it was opened outside, which ends the part too."""
        if self._counts[tag]:
            self._close(tag)
            return True
        ends_outside = tag not in VOID_TAGS and _KIND.get(tag) != "inline"
        if ends_outside:
            self._open.clear()
            self._counts.clear()
        return not ends_outside

    def _close(self, tag: str) -> None:
        while self._counts[tag]:
            name = self._open.pop()
            self._counts[name] -= 1
            if name == tag:
                return


_NOT_SHOWN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)\b", re.I)


def _is_hidden(tag: str, values: dict[str, str]) -> bool:
    return (
        _KIND.get(tag) == "skipped"
        or "hidden" in values
        or values.get("aria-hidden", "").strip().lower() == "true"
        or (tag == "dialog" and "open" not in values)
        or bool(_NOT_SHOWN.search(values.get("style", "")))
    )


class _Reader(HTMLParser):
    def __init__(self, source: str, base: int, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.source = source
        self.blocks: list[Block] = []
        self._lines = [base, *(base + match.end() for match in re.finditer("\n", text))]
        self._hidden = _Hidden()
        self._asides: list[tuple[str, Aside]] = []
        self._leads: list[int] = []
        """The block before each open list."""
        self._columns: list[int] = []
        self._row: list[int] = []
        self._weaver = Weaver()
        self._kind: Kind = "paragraph"
        self._level = 0
        self._attributes = Attributes()
        self._header = False
        self._in_term, self._term = False, -1
        """The term that the entries of a list of definitions are about ("Don't")."""
        self._line_lead = -1
        """The block whose lines (`must not:<br>...<br>`) are the entries of a list."""

    def _at(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a block, a container or inline markup."""
        values = {name: value or "" for name, value in attrs}
        if self._hidden and self._hidden.begin(tag):
            return
        if _is_hidden(tag, values) and tag not in VOID_TAGS:
            if _KIND.get(tag) != "inline":
                self.flush()
            self._hidden.begin(tag)
        elif _KIND.get(tag) == "inline":
            self._weaver.open(self._at())
        elif tag == "br":
            self._break()
        elif _KIND.get(tag) != "void":
            self.flush()
            self._line_lead = -1
            self._open(tag, values)

    def handle_endtag(self, tag: str) -> None:
        """Close what `handle_starttag` opened."""
        if self._hidden and self._hidden.end(tag):
            return
        if _KIND.get(tag) == "inline":
            self._weaver.close(self.source.find(">", self._at()) + 1)
        elif tag != "br":
            self.flush()
            self._line_lead = -1
            self._close(tag)

    def _break(self) -> None:
        """A line ends; after a lead-in each line is an entry."""
        if self._kind == "cell" or not self._weaver.any():
            self._weaver.add(" ", self._at(), self._at() + 1)
        elif self._line_lead >= 0 or self._weaver.last() == ":":
            self._end()
            self._line_lead = self._line_lead if self._line_lead >= 0 else len(self.blocks) - 1
            self._kind, self._level = "item", len(self._leads) + 1
        else:
            self._weaver.add(" ", self._at(), self._at() + 1)

    def handle_data(self, data: str) -> None:
        """Running text."""
        if not self._hidden:
            at = self._at()
            end = at + len(data)
            self._weaver.copy(Mapped(data, range(at, end), range(at + 1, end + 1)))

    def handle_entityref(self, name: str) -> None:
        """A named character reference."""
        self._reference(f"&{name}")

    def handle_charref(self, name: str) -> None:
        """A numeric character reference."""
        self._reference(f"&#{name}")

    def _reference(self, written: str) -> None:
        if not self._hidden:
            start = self._at()
            end = start + len(written)
            end += self.source.startswith(";", end)
            self._weaver.add(unescaped(self.source[start:end]), start, end)

    def _open(self, tag: str, values: dict[str, str]) -> None:
        self._in_term = tag == "dt"
        if _KIND.get(tag) == "container" and len(self._asides) < _MAX_NESTED:
            self._asides.append((tag, _container_aside(tag, values)))
        elif tag in _HEADINGS:
            self._kind, self._level = "heading", _HEADINGS[tag]
            names = ("id", "data-authority", "data-tags")
            self._attributes = attributes(*(values.get(name, "") for name in names))
        elif tag in ("ul", "ol", "dl"):
            self._leads.append(len(self.blocks) - 1)
            self._term = -1
        elif tag in ("li", "dd"):
            self._kind, self._level = "item", max(1, len(self._leads))
        elif tag in ("td", "th"):
            self._kind, self._level, self._header = "cell", len(self._row) + 1, tag == "th"
        elif tag in ("tr", "table"):
            self._row = []
            self._columns = [] if tag == "table" else self._columns
        elif tag == "pre":
            self._kind = "fence"

    def _close(self, tag: str) -> None:
        if tag in ("td", "th") and self._kind == "cell":
            self._end()
        if tag == "li":
            self._kind = "paragraph"
        if self._asides and self._asides[-1][0] == tag:
            self._asides.pop()
        if tag in ("ul", "ol", "dl") and self._leads:
            self._leads.pop()
            self._in_term, self._term = False, -1

    def flush(self) -> None:
        """End the block whose text was gathered, if any."""
        if self._weaver.any():
            self._end()

    def _end(self) -> None:
        text, at = self._weaver.done(), self._at()
        start, end = text.span(0, len(text.text)) if text.text else (at, at)
        aside, lead = self._aside(text.text), -1
        leads = [at for at in (self._line_lead, self._term, *self._leads[-1:]) if at >= 0]
        if self._kind == "item" and leads:
            lead = leads[0]
        elif self._kind == "cell":
            lead = self._cell()
            aside = "commentary" if self._header else aside
        elif self._kind == "fence":
            text, aside = EMPTY, "example"
        if self._in_term:
            self._term = len(self.blocks)
        block = Block(self._kind, start, end, text, self._level, lead, aside, self._attributes)
        self.blocks.append(block)
        self._weaver, self._kind, self._level = Weaver(), "paragraph", 0
        self._attributes, self._header = Attributes(), False

    def _cell(self) -> int:
        """The head of a cell's column."""
        index, column = len(self.blocks), len(self._row)
        self._row.append(index)
        if self._header:
            self._columns.append(index)
            return -1
        return self._columns[column] if column < len(self._columns) else -1

    def _aside(self, text: str) -> Aside:
        for tag, aside in self._asides:
            if aside:
                return aside
            if tag == "blockquote":
                return quote_aside(text, self.blocks[-1] if self.blocks else None)
        return "example" if is_example(text) else ""


def _container_aside(tag: str, values: dict[str, str]) -> Aside:
    """Why a container's blocks state no rule."""
    named = set(values.get("class", "").lower().split())
    if tag == "blockquote":
        return "example" if named & {"example", "sample"} else ""
    if named & {"example", "examples", "sample"}:
        return "example"
    if tag in ("footer", "header", "figcaption") or named & {"footnote", "footnotes"}:
        return "footnote"
    if tag == "aside" or named & {"note", "commentary", "admonition", "rationale"}:
        return admonition_aside("", " ".join(named))
    return ""
