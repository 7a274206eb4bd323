"""Render a Markdown document with every rule at its exact place.

A Markdown parser does not say where the text of its tokens was. So each section is parsed twice,
with and without signs at the borders of its rules. The rendering is shown only if both parses agree
and every border is found again; otherwise the section's source is shown.

A sign is rare punctuation that the document does not use; letters beside `**` could prevent
emphasis. Nothing in the document is active: tags are shown as text, links only name their target,
and pictures are named but not loaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from specloop.report.pieces import Piece, closing, innermost_first, opening
from specloop.report.rules import RuleView

_PREFIX = re.compile(r"[ \t]*(?:(?:[-*+]|\d{1,9}[.)]|>|#{1,6}|\[\^[^\]\s]+\]:)[ \t]+|>)*")
_ATTRIBUTES = re.compile(r"\s+\{(?=[#.:\w])[^{}\n]*\}\s*$")
_INLINE = ("link", "em", "strong", "s")
_SAME = ("blockquote", "table", "thead", "tbody", "tr", "th", "td", "em", "strong", "s")
_ELEMENTS = {name: name for name in _SAME} | {
    "paragraph": "p",
    "bullet_list": "ul",
    "ordered_list": "ol",
    "list_item": "li",
}
_CLASSES = {
    "admonition": ("div", "admonition"),
    "admonition_title": ("p", "admonition-title"),
    "footnote_reference": ("div", "footnote"),
}
_EMPTY = {"hardbreak": "br", "hr": "hr"}
_WRAPPED = {
    "code_inline": ("code", ""),
    "html_inline": ("code", "tag-text"),
    "html_block": ("pre", "tag-text"),
    "fence": ("pre", ""),
    "code_block": ("pre", ""),
    "front_matter": ("pre", ""),
    "footnote_ref": ("sup", ""),
}
_RARE = "⁖⁘⁙⁚⁛⁜⁝⁞⸎⸏⸐⸑⸒⸓⸔⸕⸖⸘⸙⸛⸞⸟⸪⸫⸬⸭⸰⸱⸳⸴"
_BASE = 8


class Border(NamedTuple):
    """The beginning or end of a rule."""

    number: int
    begins: bool


class Signs:
    """Signs that do not occur in a document."""

    def __init__(self, characters: str) -> None:
        self._begin, self._end, self._close, *self._digits = characters
        digits = re.escape("".join(self._digits))
        self._sign = re.compile(f"([{self._begin}{self._end}])([{digits}]+){self._close}")

    @classmethod
    def unused_in(cls, document: str) -> Signs | None:
        """Signs that a document does not use; None if it uses too many of the rare characters."""
        free = [char for char in _RARE if char not in document]
        return cls("".join(free[: _BASE + 3])) if len(free) >= _BASE + 3 else None

    def insert(self, text: str, borders: Iterable[tuple[int, Border]]) -> str:
        """The text with a sign for every border at its offset; where two meet, the end comes
        first."""
        parts: list[str] = []
        last = 0
        for at, border in sorted(borders, key=lambda placed: (placed[0], placed[1].begins)):
            parts += [text[last:at], self._written(border)]
            last = at
        return "".join([*parts, text[last:]])

    def split(self, text: str) -> Iterator[str | Border]:
        """The text and borders in order."""
        at = 0
        for match in self._sign.finditer(text):
            if match.start() > at:
                yield text[at : match.start()]
            yield Border(self._number(match[2]), match[1] == self._begin)
            at = match.end()
        if at < len(text):
            yield text[at:]

    def without(self, text: str) -> str:
        """The text without signs."""
        return self._sign.sub("", text)

    def _written(self, border: Border) -> str:
        digits: list[str] = []
        number = border.number
        while number or not digits:
            number, digit = divmod(number, _BASE)
            digits.append(self._digits[digit])
        return (self._begin if border.begins else self._end) + "".join(digits) + self._close

    def _number(self, digits: str) -> int:
        return sum(self._digits.index(char) * _BASE**place for place, char in enumerate(digits))


class _Covered(NamedTuple):
    """A rule and its part in a section, as offsets in the section's text."""

    view: RuleView
    start: int
    end: int
    begins: bool

    @property
    def borders(self) -> tuple[tuple[int, Border], ...]:
        """Where it begins and ends."""
        number = self.view.number
        return (self.start, Border(number, True)), (self.end, Border(number, False))


class Renderer:
    """Renders the sections of one Markdown document.

    `places` are the sections that links in it can name: by anchor, the id on the page and title.
    """

    def __init__(self, document: str, places: Mapping[str, tuple[str, str]]) -> None:
        self._document = document
        self._places = places
        self._signs = Signs.unused_in(document)
        self._parser = _parser()
        self._env: dict[str, Any] = {}
        # Link targets and footnotes may be defined in any section.
        MarkdownIt.parse(_parser().disable("inline"), document, self._env)

    def pieces(self, start: int, end: int, views: Sequence[RuleView]) -> tuple[Piece, ...] | None:
        """The section `document[start:end]`; None if rendering would move a rule."""
        if self._signs is None:
            return None
        text = self._document[start:end]
        covered = [_covered(text, start, end, view) for view in views]
        if any(rule.start >= rule.end for rule in covered):
            return None
        borders = [border for rule in covered for border in rule.borders]
        tokens = self._parsed(self._signs.insert(text, borders))
        if self._plain(tokens) != self._plain(self._parsed(text)):
            return None
        walk = _Walk(self._signs, {rule.view.number: rule for rule in covered}, self._places)
        return walk.pieces(tokens)

    def _parsed(self, text: str) -> list[Token]:
        references = dict(self._env.get("references", {}))
        refs = dict(self._env.get("footnotes", {}).get("refs", {}))
        env = {"references": references, "footnotes": {"refs": refs, "list": {}}}
        return self._parser.parse(text, env)

    def _plain(self, tokens: Sequence[Token]) -> list[tuple[object, ...]]:
        """What the tokens show, without signs."""
        signs = self._signs
        shown: list[tuple[object, ...]] = []
        for token in _flat(tokens):
            content = signs.without(token.content) if signs else token.content
            content = "" if token.type == "inline" else content
            if token.type == "text" and shown and shown[-1][0] == "text":
                shown[-1] = ("text", "", str(shown[-1][2]) + content)
            elif token.type != "text" or content:
                attrs = "" if token.type == "text" else str(sorted(token.attrs.items()))
                shown.append((token.type, attrs, content))
        return shown


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    # Every target is taken, because no link is active.
    parser.validateLink = lambda url: True
    parser.use(admon_plugin).use(footnote_plugin, inline=False, move_to_end=False)
    return parser.use(front_matter_plugin)


def _covered(text: str, start: int, end: int, view: RuleView) -> _Covered:
    """The rule clipped to the section, without list signs and white space at its ends."""
    first, last = max(view.rule.start, start) - start, min(view.rule.end, end) - start
    line = text.rfind("\n", 0, first) + 1
    prefix = _PREFIX.match(text, line)
    if prefix is not None and line <= first < prefix.end():
        first = prefix.end()
    first += len(text[first:last]) - len(text[first:last].lstrip())
    last = first + len(text[first:last].rstrip())
    return _Covered(view, first, last, view.rule.start >= start)


def _flat(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _flat(token.children or ())


def _content(token: Token) -> str:
    if token.type == "footnote_ref":
        return f"[{token.meta.get('label', '')}]"
    return str(token.meta) if token.type == "front_matter" and not token.content else token.content


class _Walk:
    """Follows tokens and knows which rules are open."""

    def __init__(
        self, signs: Signs, covered: Mapping[int, _Covered], places: Mapping[str, tuple[str, str]]
    ) -> None:
        self._signs = signs
        self._places = places
        self._in_heading = False
        self._links: list[tuple[str, str]] = []
        """The open links: their element's name, and the title of the section that they name."""
        self._covered = covered
        self._open: list[_Covered] = []
        self._waiting: list[RuleView] = []
        self._closed: set[int] = set()
        self._pieces: list[Piece] = []

    def pieces(self, tokens: Sequence[Token]) -> tuple[Piece, ...] | None:
        """The pieces to show; None if a rule's border was lost."""
        for token in tokens:
            self._take(token)
        whole = self._closed == set(self._covered) and not self._waiting and not self._open
        return tuple(self._pieces) if whole else None

    def _take(self, token: Token) -> None:
        kind = token.type.removesuffix("_open").removesuffix("_close")
        if token.type == "inline":
            for child in token.children or ():
                self._take(child)
        elif kind in _ELEMENTS or kind in _CLASSES or kind in ("heading", "link"):
            self._element(kind, token)
        else:
            self._leaf(token)

    def _element(self, kind: str, token: Token) -> None:
        if token.hidden:
            return
        if kind in _INLINE and token.nesting > 0:
            self._mark()
        if kind == "link":
            self._link(token)
            return
        name, style = _CLASSES.get(kind) or (_ELEMENTS.get(kind, ""), "")
        if kind == "heading":
            level = int(token.tag[1])
            name, style = f"h{min(6, level + 2)}", f"h-{level}"
        self._in_heading = kind == "heading" and token.nesting > 0
        if token.nesting < 0:
            self._pieces.append(closing(name))
            return
        self._pieces.append(opening(name, class_=style, start=token.attrs.get("start")))
        if kind == "footnote_reference":
            self._text(f"[{token.meta.get('label', '')}] ")

    def _link(self, token: Token) -> None:
        """A link within the document leads to its section; any other only names its target."""
        if token.nesting < 0:
            self._pieces.append(closing(self._links.pop()[0]))
            return
        target = self._signs.without(str(token.attrs.get("href", "")))
        place = self._places.get(target[1:]) if target.startswith("#") else None
        if place:
            anchor, title = place
            self._links.append(("a", title))
            self._pieces.append(opening("a", href=f"#{anchor}"))
        else:
            self._links.append(("span", ""))
            self._pieces.append(opening("span", class_="target", title=target))

    def _leaf(self, token: Token) -> None:
        if token.type == "image":
            self._image(token)
        elif token.type in _EMPTY:
            self._pieces.append(opening(_EMPTY[token.type]))
        elif token.type in _WRAPPED:
            name, style = _WRAPPED[token.type]
            if name == "code":
                self._mark()
            self._pieces.append(opening(name, class_=style))
            self._text(_content(token))
            self._pieces.append(closing(name))
        else:
            self._text("\n" if token.type == "softbreak" else token.content)

    def _image(self, token: Token) -> None:
        self._mark()
        source = self._signs.without(str(token.attrs.get("src", "")))
        self._pieces.append(opening("span", class_="picture", title=source))
        for child in token.children or ():
            self._take(child)
        self._pieces.append(closing("span"))

    def _text(self, text: str) -> None:
        title = self._links[-1][1] if self._links else ""
        if title and self._signs.without(text) == "?":
            # A link with the text `?` stands for the title of the section that it names.
            text = text.replace("?", f"“{title}”")
        for part in self._signs.split(text):
            if isinstance(part, Border):
                self._cross(part)
            else:
                self._put(part)

    def _cross(self, border: Border) -> None:
        rule = self._covered[border.number]
        if border.begins:
            self._open.append(rule)
            if rule.begins:
                self._waiting.append(rule.view)
        elif rule in self._open:
            self._open.remove(rule)
            self._closed.add(border.number)

    def _mark(self) -> None:
        """Mark the rules that begin here before an element opens, so that no mark is in a link or
        in bold."""
        if self._waiting:
            self._piece("", self._begun())

    def _begun(self) -> tuple[RuleView, ...]:
        begins = tuple(sorted(self._waiting, key=lambda view: view.number))
        self._waiting = []
        return begins

    def _piece(self, text: str, begins: tuple[RuleView, ...]) -> None:
        inner = innermost_first(rule.view for rule in self._open)
        self._pieces.append(Piece(text, tuple(inner), begins))

    def _put(self, text: str) -> None:
        written = _ATTRIBUTES.search(text) if self._in_heading else None
        if written is not None and written.start():
            self._put(text[: written.start()])
            self._pieces.append(opening("span", class_="written"))
            self._put(written[0])
            self._pieces.append(closing("span"))
            return
        self._piece(text, self._begun() if text.strip() else ())
