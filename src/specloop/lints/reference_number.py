"""A reference by number to a section, rule, step, ... that does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from specloop.checking.text import any_case
from specloop.linting.document import LintDocument
from specloop.linting.targets import Targets, targets_of
from specloop.lints import Finding, Lint, lints

_REFERS = any_case(
    r"(?P<cue>\b(?:see|in|under|by|per|as|to|of|with|from|follow(?:ing)?|listed|described) "
    r"(?:also |the |our )?|[(])?"
    r"\b(?P<kind>section|chapter|part|article|clause|rule|step|appendix|annex|"
    r"schedule|exhibit|table|figure)s? "
    r"(?P<n>(?:[a-z]\.)?\d+(?:\.\d+)*|(?-i:[A-Z])(?=[\s.,;:)]))(?![\w%]|-\w)"
)
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
        targets = targets_of(document)
        for block in document.blocks:
            if block.kind in ("fence", "heading") or block.aside == "example":
                continue
            text = block.text.text
            for match in _REFERS.finditer(text):
                number, before = match["n"].lower(), text[: match.start()]
                if (not before.strip() and not match["cue"]) or _in_quotes(before):
                    continue
                elsewhere = _ELSEWHERE.match(text[match.end() :]) or _OUTSIDE.search(before)
                large = number.isdigit() and int(number) > _MOST
                lone = not match["cue"] and match["kind"].islower()
                label = not match["cue"] and text[match.end() :].lstrip("*_").startswith(":")
                known = _is_known(match["kind"].lower(), number, targets)
                if elsewhere or large or lone or label or known or number == "0":
                    continue
                words = f"{match['kind']} {match['n']}"
                message = f"the document has no {words.lower() if words[-1].isdigit() else words}"
                remedy = "correct it, or refer by the title"
                begin = match.start("kind")
                yield self.finding(message, remedy, block.text.span(begin, match.end()))


def _in_quotes(before: str) -> bool:
    """Whether a quotation or code is open before the reference."""
    return before.count("`") % 2 == 1 or before.count('"') % 2 == 1


def _is_known(kind: str, number: str, targets: Targets) -> bool:
    """Whether something has the number, or a number below it ("4" where there is "4.1")."""
    if kind in _LABELLED and (kind in ("table", "figure") or number.isdigit()):
        return f"{kind} {number}" in targets.labelled
    known = targets.numbers
    return number in known or any(other.startswith(f"{number}.") for other in known)
