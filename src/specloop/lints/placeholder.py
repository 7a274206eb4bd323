"""Something that was left to be written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from specloop.linting.document import LintDocument
from specloop.lints import Finding, Lint, lints

_OPEN = re.compile(
    r"\b(?:TODO|TBD|FIXME|XXX|TBC)\b|\[(?:[Ii]nsert|[Ff]ill in|[Aa]dd) [^\[\]\n]{1,60}\](?!\()"
    r"|\[?\bTO BE (?:CONFIRMED|DETERMINED|DECIDED|DEFINED|ADDED|WRITTEN|SUPPLIED)\b\]?"
    r"|\[(?i:to be (?:confirmed|determined|decided|defined|added|written|supplied))\](?!\()"
    r"|\b[Ll]orem ipsum\b"
)


@lints.register("PLACEHOLDER")
class Placeholder(Lint):
    """A mark says that something has still to be written: TODO, TBD, FIXME, [insert ...].

    What to do: write it.
    """

    title = "something left to be written"

    def find(self, document: LintDocument) -> Iterator[Finding]:
        """Marks outside code."""
        for match in _OPEN.finditer(document.text):
            if not document.in_code(match.start()):
                yield self.finding("this has still to be written", "write it", match.span())
