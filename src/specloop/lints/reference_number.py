"""A reference by number to a section, rule, step, ... that does not exist."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache

from specloop.checking.sought import sought
from specloop.checking.text import any_case
from specloop.linting.document import LintDocument
from specloop.lints import Finding, Lint, lints

_REFERS = any_case(
    r"(?P<cue>\b(?:see|in|under|by|per|as|to|of|with|from|follow(?:ing)?|listed|described) "
    r"(?:also |the |our )?|[(])?"
    r"\b(?P<kind>section|chapter|part|article|clause|rule|step|appendix|annex|"
    r"schedule|exhibit|table|figure)s? "
    r"(?P<n>(?:[a-z]\.)?\d+(?:\.\d+)*|(?-i:[A-Z])(?=[\s.,;:)]))(?![\w%]|-\w)"
)
_NAMES = sought(
    r"(?:section|chapter|part|article|clause|rule|step|appendix|annex|schedule|exhibit|table|figure)"
    r"s? (?:\d|[a-z][\s.,;:)])"
)
"""What every such reference holds."""
_ELSEWHERE = any_case(
    r"^\s*(?:\([a-z0-9]+\)|[,\s])*(?:of|in|under|from) (?:the |this |our |its )?"
    r"(?!document|policy|guide|page|handbook|manual|appendix|section|chapter|"
    r"specification)[\"“*_\[A-Za-z]"
    r"|^\s*(?:gdpr|rfc|bgb|u\.?s\.?c|cfr)\b|^\]\((?!#)"
)
_OUTSIDE = any_case(
    r"\b(?:act|law|code|directive|regulation|treaty|constitution|convention|rfc ?\d*|gdpr|statute|"
    r"agreement|standard|iso ?\d*|wcag|usc|cfr|amendment|paper|book|report)(?:['’]s)?\b[^.]{0,40}$"
)
_LABELLED = ("table", "figure", "appendix", "annex", "schedule", "exhibit")
"""What has its name beside its number: "2. Fees" is no schedule 2."""
_SPACE = re.compile(r"\s*")
_LABEL = re.compile(r"[*_]*:")
_AROUND = 200
"""Characters on each side of a reference that may name another document."""
_MOST = 400
"""Higher numbers belong to laws."""


@lints.register("REFERENCE-NUMBER")
class ReferenceNumber(Lint):
    """The document refers to a section, rule, step, table or the like by a number or letter that
    nothing in it has.

    Example:

        Quote the booking number, as section 9.4 says.

    What to do: correct the number, or refer by the title, which does not move.
    """

    title = "a number that nothing has"
    severity = "error"

    def find(self, document: LintDocument) -> Iterator[Finding]:
        """References in running text that are not about another document."""
        targets = document.targets
        known = targets.numbers
        known |= {begin for number in known for begin in _beginnings(number)}
        for block in document.blocks:
            if block.kind in ("fence", "heading") or block.aside == "example":
                continue
            text = block.text.text
            if not _NAMES.search(text):
                continue
            for match in _REFERS.finditer(text):
                number, at = match["n"].lower(), match.start()
                large = number.isdigit() and int(number[:9]) > _MOST
                kind = match["kind"].lower()
                if _needs_label(kind, number):
                    is_there = f"{kind} {number}" in targets.labelled
                else:
                    is_there = number in known
                label = not match["cue"] and _LABEL.match(text, match.end())
                if is_there or large or label or number == "0" or _is_alone(match):
                    continue
                if _in_quotes(text, at) or _is_outside(text, at, match.end()):
                    continue
                words = f"{match['kind']} {match['n']}"
                message = f"the document has no {words.lower() if words[-1].isdigit() else words}"
                remedy = "correct it, or refer by the title"
                begin = match.start("kind")
                yield self.finding(message, remedy, block.text.span(begin, match.end()))


def _is_alone(match: re.Match[str]) -> bool:
    """Whether nothing says that it refers: a word in lower case, or the beginning of a block."""
    first = _SPACE.match(match.string)
    begins = first is not None and first.end() >= match.start()
    return not match["cue"] and (begins or match["kind"].islower())


def _in_quotes(text: str, at: int) -> bool:
    """Whether a quotation or code is open before the reference."""
    return any(bisect_left(places, at) % 2 == 1 for places in _marks(text))


def _needs_label(kind: str, number: str) -> bool:
    """Whether only a thing of that name and number is meant, no numbered heading or entry."""
    return kind in _LABELLED and (kind in ("table", "figure") or number.isdigit())


@lru_cache(maxsize=1)
def _marks(text: str) -> tuple[list[int], ...]:
    """Where the marks of code and of quotations stand."""
    return tuple([match.start() for match in re.finditer(mark, text)] for mark in '`"')


def _is_outside(text: str, start: int, end: int) -> bool:
    """Whether it refers to another document."""
    after = _ELSEWHERE.match(text[end : end + _AROUND])
    return bool(after or _OUTSIDE.search(text, max(0, start - _AROUND), start))


def _beginnings(number: str) -> Iterator[str]:
    """The numbers above one: where there is "4.1", there is "4"."""
    return (number[:at] for at, mark in enumerate(number) if mark == ".")
