"""Comments in a document that suppress findings.

<!-- specloop-lint: ignore CONFLICT-NUMBER -->            before a heading: in its section;
                                                          else up to the next empty line
<!-- specloop-lint: ignore-document VAGUE, NO-EXAMPLE --> everywhere
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from specloop.linting.base import Finding
from specloop.linting.document import LintDocument

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

    def suppresses(self, finding: Finding) -> bool:
        """Whether a finding has one of the codes and one of its places is covered."""
        start, end = self.covers
        return any(selects(code, finding.code) for code in self.codes) and any(
            start <= span[0] < end for span in finding.spans
        )


def selects(named: str, code: str) -> bool:
    """Whether a code or the first word of a group names a code."""
    return code == named or code.startswith(f"{named}-")


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
    for at, part in enumerate(parts):
        head = part.heading_span
        if head and part.section.start <= start <= head[1] and end <= head[0]:
            below = (p for p in parts[at + 1 :] if p.section.level <= part.section.level)
            following = next(below, None)
            return start, following.section.start if following else len(document.text) + 1
    blank = _BLANK.search(document.text, start)
    return start, blank.start() if blank else len(document.text) + 1


def suppressed(
    findings: Sequence[Finding], given: Sequence[Directive]
) -> tuple[list[Finding], set[Directive]]:
    """The findings that no comment suppresses, and the comments that suppressed one."""
    used: set[Directive] = set()
    kept: list[Finding] = []
    for finding in findings:
        by = [one for one in given if one.suppresses(finding)]
        used.update(by)
        kept += [] if by else [finding]
    return kept, used
