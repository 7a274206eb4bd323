"""A reference to a section by a title that no section has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from rapidfuzz import fuzz, process

from specloop.checking.text import any_case
from specloop.linting.document import LintDocument
from specloop.linting.targets import bare_title
from specloop.lints import Finding, Lint, lints

SAME = 80.0
"""A title is found if it is so much like a heading, of 100."""
_BEGINNING = 4
"""Letters by which a word is known."""
MOST = 2_000
"""Most different titles that are looked for."""
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
        titles = document.targets.titles
        if not titles:
            return  # Without marked headings nothing says what a title is.
        linked = _linked(document)
        known = _Titles(titles)
        for block in document.blocks:
            if block.kind in ("fence", "heading") or block.aside == "example":
                continue
            for match in _REFERS.finditer(block.text.text):
                name = match.lastgroup or ""
                title = match[name]
                if title in linked or known.have(bare_title(title)):
                    continue
                message = f"no section has the title {title!r}"
                span = block.text.span(*match.span(name))
                yield self.finding(message, "correct the title, or add the section", span)


def _linked(document: LintDocument) -> frozenset[str]:
    """Words that are links: where they lead is for links to say."""
    links = any_case(r"\[[\"“]?([^\[\]\n\"“”]{3,80})[\"”]?\][(\[]").findall(document.text)
    return frozenset(links)


class _Titles:
    """Headings, among which one that is meant is found without looking at all."""

    def __init__(self, titles: Sequence[str]) -> None:
        self._titles = titles
        self._all = "\n".join(titles)
        self._known = frozenset(titles)
        self._having: defaultdict[str, set[int]] = defaultdict(set)
        """Numbers of the titles that have a word with this beginning."""
        for n, title in enumerate(titles):
            for word in title.split():
                self._having[word[:_BEGINNING]].add(n)
        self._found: dict[str, bool] = {}

    def have(self, title: str) -> bool:
        """Whether a title is one of them, part of one or the other way round, much like one, or has
        the words of one. Beyond `MOST` different ones nothing is said against a title."""
        if title not in self._found:
            self._found[title] = len(self._found) >= MOST or self._has(title)
        return self._found[title]

    def _has(self, title: str) -> bool:
        if title in self._all or self._part_of(title):
            return True
        some = [self._having.get(word[:_BEGINNING], set[int]()) for word in title.split()]
        if set.intersection(*sorted(some, key=len)):
            return True
        return (
            process.extractOne(title, self._titles, scorer=fuzz.ratio, score_cutoff=SAME)
            is not None
        )

    def _part_of(self, title: str) -> bool:
        """Whether a heading stands in it."""
        n = len(title)
        return any(title[i:j] in self._known for i in range(n + 1) for j in range(i, n + 1))
