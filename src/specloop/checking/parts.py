"""Find the paragraphs, headings and lists of an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from specloop.checking.grammar import Part
from specloop.checking.text import prose, sentences, without_tables

_HEADING = re.compile(r"^#{1,6}[ \t]+(?P<text>\S.*?)[ \t]*#*$")
_NUMBERED = re.compile(r"^[ \t]*\d{1,3}[.)][ \t]+(?P<text>\S.*)$")
_BULLET = re.compile(r"^[ \t]*[-*•+][ \t]+(?P<text>\S.*)$")
_OTHER = re.compile(r"[ \t]*(?:\d{1,3}[.)]|[-*•+])[ \t]+\S|#{1,6}[ \t]+\S")


def parts(text: str, part: Part) -> list[str]:
    """The parts of one kind, in order; headings and lists are not paragraphs."""
    if part == "sentence":
        return sentences(without_tables(prose(text)))
    if part == "paragraph":
        return list(_paragraphs(without_tables(prose(text))))
    return [entry for block in lists(text, part) for entry in block]


def lists(text: str, part: Part) -> list[list[str]]:
    """The lists with their items (for headings: each alone). Other text ends a list, and items that
    are indented further than the one above them are a list of their own."""
    patterns = {"heading": (_HEADING,), "bullet": (_BULLET,)}.get(part, (_NUMBERED, _BULLET))
    found_lists: list[list[str]] = []
    within: list[tuple[int, list[str]]] = []
    for line in prose(text).splitlines():
        entry = next((m for p in patterns if (m := p.match(line))), None)
        if entry:
            _open_list(_indent(line), within, found_lists).append(entry["text"])
        elif line.strip() and not line.startswith((" ", "\t")):
            within.clear()
    return found_lists


def _open_list(
    indent: int, within: list[tuple[int, list[str]]], all_lists: list[list[str]]
) -> list[str]:
    """Return the list that an item with this indent belongs to; a new one if there is none."""
    while within and indent < within[-1][0] - 1:
        within.pop()
    if not within or indent > within[-1][0] + 1:
        within.append((indent, []))
        all_lists.append(within[-1][1])
    return within[-1][1]


def _indent(line: str) -> int:
    wide = line.expandtabs(4)
    return len(wide) - len(wide.lstrip())


def _paragraphs(text: str) -> Iterator[str]:
    for block in re.split(r"\n[ \t]*\n", text):
        own = (line for line in block.splitlines() if not _OTHER.match(line))
        paragraph = "\n".join(own).strip()
        if paragraph:
            yield paragraph
