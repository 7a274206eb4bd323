"""A lead-in that nothing follows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from specloop.checking.text import any_case
from specloop.linting.document import LintDocument
from specloop.lints import Finding, Lint, lints
from specloop.spec.blocks import Block

_BREAKS_OFF = any_case(
    r"\b(?:must|shall|should|must not|should not|may not|never|such as|and|or|the)$"
)
_LONGEST = 12
"""More characters than any of these words have."""
_BETWEEN = re.compile(r"(?:[\s>*+|#=-]|<!--.*?-->|</?[a-zA-Z][^<>]*>|\d+[.)])*", re.S)


@lints.register("LEAD-IN")
class LeadIn(Lint):
    """A sentence announces something, and then a heading or the end of the document follows.

    Example:

        Before a rider leaves the shop, the assistant must check:

        ## Conduct

    What to do: write what it announces, or end the sentence.
    """

    title = "an unfinished lead-in"

    def find(self, document: LintDocument) -> Iterator[Finding]:
        """Blocks that end in a colon or break off before a heading or the end."""
        blocks, level = document.blocks, 0
        for at, block in enumerate(blocks):
            level = block.level if block.kind == "heading" else level
            if block.aside or block.kind not in ("paragraph", "item"):
                continue
            text = block.text.text.rstrip()
            if (
                not (text.endswith(":") or _BREAKS_OFF.search(text[-_LONGEST:]))
                or len(text.split()) < 2
                or text.startswith(".. ")  # A target or directive of reStructuredText.
            ):
                continue
            following = blocks[at + 1] if at + 1 < len(blocks) else None
            end = following.start if following else len(document.text)
            if _BETWEEN.fullmatch(document.text, block.end, end) and _ends(block, following, level):
                last = len(document.text[block.start : block.end].rstrip()) + block.start
                yield self.finding(
                    "nothing follows this lead-in",
                    "write what it announces, or end the sentence",
                    (block.start, last),
                )


def _ends(block: Block, following: Block | None, level: int) -> bool:
    """Whether what follows a lead-in does not belong to it; a heading below its section does."""
    if following is None:
        return True
    if following.kind == "heading":
        return following.level <= level
    same = following.kind == "item" and block.kind == "item"
    return same and following.level < block.level
