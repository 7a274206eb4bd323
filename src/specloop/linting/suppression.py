"""Comments in a document that suppress findings.

<!-- specloop-lint: ignore CONFLICT-NUMBER -->            before a heading: in its section;
                                                          else up to the next empty line
<!-- specloop-lint: ignore-document VAGUE, NO-EXAMPLE --> everywhere
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from specloop.linting.base import Finding
from specloop.linting.document import LintDocument
from specloop.linting.spans import Spans

_COMMENT = re.compile(r"<!--\s*specloop-lint\s*:\s*(?P<what>.*?)\s*-->", re.S)
_IGNORE = re.compile(r"(?P<kind>ignore(?:-document)?)\s+(?P<codes>[\w-]+(?:[\s,]+[\w-]+)*)", re.I)
_BLANK = re.compile(r"(?:\r\n|\r|\n)[ \t]*(?=\r\n|\r|\n|\Z)")
_SPACE = re.compile(r"(?:\s+|<!--.*?-->)*", re.S)


class Directive(NamedTuple):
    """A comment that suppresses; without codes it could not be understood."""

    span: tuple[int, int]
    codes: tuple[str, ...]
    covers: tuple[int, int]
    """Where it suppresses."""


def selects(named: str, code: str) -> bool:
    """Whether a code or the first word of a group names a code."""
    return named in _names(code)


def _names(code: str) -> Iterator[str]:
    """What names a code: itself and its group."""
    words = code.split("-")
    return ("-".join(words[:n]) for n in range(len(words), 0, -1))


def directives(document: LintDocument) -> list[Directive]:
    """The comments outside code, in order."""
    return list(_directives(document))


def _directives(document: LintDocument) -> Iterator[Directive]:
    for match in _COMMENT.finditer(document.text):
        if document.in_code(match.start()):
            continue
        read = _IGNORE.fullmatch(match["what"])
        if read is None:
            yield Directive(match.span(), (), (0, 0))
            continue
        codes = tuple(re.split(r"[\s,]+", read["codes"].upper()))
        whole = read["kind"].lower() == "ignore-document"
        covers = (0, len(document.text) + 1) if whole else _covers(document, match.end())
        yield Directive(match.span(), codes, covers)


def _covers(document: LintDocument, end: int) -> tuple[int, int]:
    """The section whose heading comes next, or else the text up to the next empty line."""
    space = _SPACE.match(document.text, end)
    start = space.end() if space else end
    parts = document.parts
    at = document.part_at(start)
    part, head = parts[at], parts[at].heading_span
    if head and part.section.start <= start <= head[1] and end <= head[0]:
        below = (parts[n].section for n in range(at + 1, len(parts)))
        following = next((one for one in below if one.level <= part.section.level), None)
        return start, following.start if following else len(document.text) + 1
    blank = _BLANK.search(document.text, start)
    return start, blank.start() if blank else len(document.text) + 1


def suppressed(
    findings: Sequence[Finding], given: Sequence[Directive]
) -> tuple[list[Finding], set[Directive]]:
    """The findings that no comment suppresses, and the comments that suppressed one."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for finding in findings:
        for name in _names(finding.code):
            places[name] += (start for start, _ in finding.spans)
    covered = {name: Spans(one.covers for one in given if name in one.codes) for name in places}
    kept = [
        finding
        for finding in findings
        if not any(covered[n].cover(at) for n in _names(finding.code) for at, _ in finding.spans)
    ]
    found = {name: sorted(starts) for name, starts in places.items()}
    used = {one for one in given if any(_holds(found.get(c, ()), one.covers) for c in one.codes)}
    return kept, used


def _holds(places: Sequence[int], span: tuple[int, int]) -> bool:
    """Whether one of the places, which are in order, lies within a span."""
    at = bisect_left(places, span[0])
    return at < len(places) and places[at] < span[1]
