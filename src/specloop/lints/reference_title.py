"""A reference to a section by a title that no section has."""

from __future__ import annotations

from collections.abc import Iterator

from rapidfuzz import fuzz

from specloop.checking.text import any_case
from specloop.linting.document import LintDocument
from specloop.linting.targets import bare_title, targets_of
from specloop.lints import Finding, Lint, lints

SAME = 80.0
"""A title is found if it is so much like a heading, of 100."""
_REFERS = any_case(
    r"\bsee (?:also )?(?:the )?(?:section |sections |chapter )?(?:on |about |titled |called )?"
    r"[\"“](?P<seen>[^\"“”\n]{3,80})[\"”](?! (?:in|of|from|by) )"
    r"|\b(?:section|chapter) (?:on |about |titled |called |"
    r"named )?[\"“](?P<of>[^\"“”\n]{3,80})[\"”]"
    r"(?! (?:of|from|in) (?!this|the (?:policy|document)))"
    r"|\bthe [\"“](?P<the>[^\"“”\n]{3,80})[\"”] (?:section|chapter)\b(?! (?:of|in|from) )"
)


@lints.register("REFERENCE-TITLE")
class ReferenceTitle(Lint):
    """The document refers to a section by a title that none of its headings has.

    Example:

        See "Winter storage" for what to say in winter.

    What to do: correct the title, or add the section.
    """

    title = "a title that no section has"
    severity = "error"

    def find(self, document: LintDocument) -> Iterator[Finding]:
        """References in running text."""
        titles = targets_of(document).titles
        if not titles:
            return  # Without marked headings nothing says what a title is.
        linked = _linked(document)
        for block in document.blocks:
            if block.kind in ("fence", "heading") or block.aside == "example":
                continue
            for match in _REFERS.finditer(block.text.text):
                name = match.lastgroup or ""
                title = match[name]
                if any(_is_same(bare_title(title), one) for one in titles) or title in linked:
                    continue
                message = f"no section has the title {title!r}"
                span = block.text.span(*match.span(name))
                yield self.finding(message, "correct the title, or add the section", span)


def _linked(document: LintDocument) -> frozenset[str]:
    """Words that are links: where they lead is for links to say."""
    links = any_case(r"\[[\"“]?([^\[\]\n\"“”]{3,80})[\"”]?\][(\[]").findall(document.text)
    return frozenset(links)


def _is_same(title: str, heading: str) -> bool:
    if title in heading or heading in title or fuzz.ratio(title, heading) >= SAME:
        return True
    begins = {word[:4] for word in heading.split()}
    return all(word[:4] in begins for word in title.split())
