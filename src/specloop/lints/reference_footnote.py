"""A footnote mark without its footnote."""

from __future__ import annotations

import re
from collections.abc import Iterator

from specloop.linting.document import LintDocument
from specloop.lints import Finding, Lint, lints

_MARK = re.compile(r"(?!^ {0,3}\[\^[^\]\s]+\]:)\[\^([^\]\s]+)\]", re.M)


@lints.register("REFERENCE-FOOTNOTE")
class ReferenceFootnote(Lint):
    """A footnote is marked, but the document has no footnote of that name (and no file of prompts
    `examples/NAME.md` stands beside it).

    Example:

        Name the deposit.[^deposit]

    What to do: write the footnote ("[^deposit]: ..."), or delete the mark.
    """

    title = "a mark without its footnote"
    severity = "error"

    def find(self, document: LintDocument) -> Iterator[Finding]:
        """Marks outside code."""
        if document.spec.document.format == "html":
            return
        known = document.targets.footnotes
        for match in _MARK.finditer(document.text):
            if match[1] not in known and not document.in_code(match.start()):
                message = f"there is no footnote {match[1]!r}"
                remedy = f"write it: [^{match[1]}]: ..., or delete the mark"
                yield self.finding(message, remedy, match.span())
