"""Markdown without the lines that are no part of its text, which are blank for the parser.

These are front matter, tags of their own names around parts of a prompt (`<rules>`), and the
beginnings of fences that have no end. The number of lines stays the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from markdown_it.token import Token

from specloop.spec.blocks import LINE
from specloop.spec.html import TAGS
from specloop.spec.polarity import bearing, sets_limits


class Masked(NamedTuple):
    """The lines that the parser sees, without their ends."""

    lines: tuple[str, ...]
    fences: tuple[int, ...] = ()
    """The numbers of the lines that begin a fence without an end, from 0."""
    examples: frozenset[int] = frozenset()
    """The lines of parts in tags such as `<example>`."""

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)

    def without_fences(self, rows: Iterable[int]) -> Masked:
        """The same without the beginnings of these fences."""
        lines = list(self.lines)
        for row in rows:
            lines[row] = ""
        return Masked(tuple(lines), (*self.fences, *rows), self.examples)


def masked(source: str) -> Masked:
    """A document's lines without front matter and tags that stand alone."""
    lines = [match[0].rstrip("\r\n") for match in LINE.finditer(source)]
    for row in range(_front_matter(lines)):
        lines[row] = ""
    names = [_tag_name(line) for line in lines]
    paired = {name[1:] for name in names if name.startswith("/")}.intersection(names)
    for row, name in enumerate(names):
        if name.lstrip("/") in paired:
            lines[row] = name if _leads(lines, row, name) else _BORDER
    return Masked(tuple(lines), examples=frozenset(_examples(names, paired)))


_BORDER = "<!-- -->"
"""Ends a list, as an empty line does not."""
_ENTRY_MARK = re.compile(r" {0,3}(?:[-*+]|1[.)]) ")


def _leads(lines: Sequence[str], row: int, name: str) -> bool:
    """Whether the name of a tag says what a list in it is, as in `<never>`."""
    alone = not row or lines[row - 1].strip() in ("", _BORDER)
    listed = row + 1 < len(lines) and _ENTRY_MARK.match(lines[row + 1])
    governs = bearing(name, title=True) in ("forbid", "require") or sets_limits(name)
    return bool(alone and listed and governs)


def _examples(names: Sequence[str], paired: set[str]) -> Iterator[int]:
    opened: list[tuple[str, int]] = []
    for row, name in enumerate(names):
        if name in paired and _EXAMPLE.search(name):
            opened.append((name, row))
        elif opened and name == "/" + opened[-1][0]:
            first = opened.pop()[1]
            yield from range(first, row) if not opened else ()


_EXAMPLE = re.compile(r"(^|[\W_])examples?([\W_]|$)")


_RULER = re.compile(r"(---|\+\+\+)[ \t]*")
_ENTRY = re.compile(r"""[\w"'][\w ."'-]*\s*[:=]|\[|#""")


def _front_matter(lines: Sequence[str]) -> int:
    """The number of lines of YAML or TOML before the text."""
    opened = _RULER.fullmatch(lines[0])
    first = next((line for line in lines[1:] if line.strip()), "")
    if opened is None or not _ENTRY.match(first):
        return 0
    ends = (opened[1], "...") if opened[1] == "---" else (opened[1],)
    return next((row + 1 for row, line in enumerate(lines) if row and line.rstrip() in ends), 0)


_LONE_TAG = re.compile(r"\s*<(/?[a-zA-Z][\w.-]*)(?:\s[^<>]*)?>\s*")


def _tag_name(line: str) -> str:
    """The name in a line that is only a tag, and no tag of HTML; empty if it is another line."""
    match = _LONE_TAG.fullmatch(line) if "<" in line else None
    return match[1].lower() if match and match[1].lower().lstrip("/") not in TAGS else ""


def open_fences(lines: Sequence[str], tokens: Iterable[Token]) -> list[int]:
    """The lines that begin a fence without an end: nothing closes it, or the next fence does.

    The end of a list entry or of a quotation closes its fences too.
    """
    return [
        token.map[0]
        for token in tokens
        if token.type == "fence" and token.map and not token.level and _has_no_end(lines, token)
    ]


def _has_no_end(lines: Sequence[str], token: Token) -> bool:
    first, last = token.map or (0, 0)
    closing = re.compile(rf" {{0,3}}{re.escape(token.markup)}{token.markup[0]}*\s*")
    another = re.compile(rf" {{0,3}}{re.escape(token.markup)}\w+\s*")
    closed = last - 1 > first and closing.fullmatch(lines[last - 1])
    return not closed or any(another.fullmatch(lines[row]) for row in range(first + 1, last - 1))


def is_open_fence(written: str) -> bool:
    """Whether a block is only the line that begins a fence."""
    return "\n" not in written and written.lstrip()[:3] in ("```", "~~~")
