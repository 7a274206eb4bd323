"""Paragraphs, headings and lists of an answer, as the checks on parts see them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from specloop.checks._grammar import Part
from specloop.checks._text import sentences

_HEADING = re.compile(r"^#{1,6}[ \t]+(?P<text>\S.*?)[ \t]*#*$")
_NUMBERED = re.compile(r"^[ \t]*\d{1,3}[.)][ \t]+(?P<text>\S.*)$")
_BULLET = re.compile(r"^[ \t]*[-*•+][ \t]+(?P<text>\S.*)$")
_OTHER = re.compile(r"[ \t]*(?:\d{1,3}[.)]|[-*•+])[ \t]+\S|#{1,6}[ \t]+\S")


def parts(text: str, part: Part) -> list[str]:
    """The parts of one kind, in their order; a heading or list is no paragraph."""
    if part == "sentence":
        return sentences(text)
    if part == "paragraph":
        return list(_paragraphs(text))
    return [entry for block in lists(text, part) for entry in block]


def lists(text: str, part: Part) -> list[list[str]]:
    """Lists with their items (for headings: each alone); one ends at a line of other text."""
    patterns = {"heading": (_HEADING,), "bullet": (_BULLET,)}.get(part, (_NUMBERED, _BULLET))
    found: list[list[str]] = [[]]
    for line in text.splitlines():
        entry = next((m for p in patterns if (m := p.match(line))), None)
        if entry:
            found[-1].append(entry["text"])
        elif line.strip() and not line.startswith((" ", "\t")):
            found.append([])
    return [block for block in found if block]


def _paragraphs(text: str) -> Iterator[str]:
    for block in re.split(r"\n[ \t]*\n", text):
        own = (line for line in block.splitlines() if not _OTHER.match(line))
        paragraph = "\n".join(own).strip()
        if paragraph:
            yield paragraph
