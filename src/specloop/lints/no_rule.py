"""A section that states no rule."""

from __future__ import annotations

from collections.abc import Iterator

from specloop.linting.document import LintDocument
from specloop.lints import Finding, Lint, lints
from specloop.spec.sections import SectionBlocks, is_examples, is_overview

MIN_WORDS = 25
"""A shorter section may be only a title."""
MANY = 10
"""Where more than these state none, and more than state one, that is said once: the document is of
another kind."""


@lints.register("NO-RULE")
class NoRule(Lint):
    """A section demands nothing, as far as its wording shows. That is right for a story and wrong
    for a section that was meant to state rules.

    Example:

        ## Refunds
        The team has always been generous here, and customers like it. ...

    What to do: write what it demands as a sentence ("Refund ...", "The assistant must ..."), or
    leave it and ignore this code.
    """

    title = "a section without a rule"
    severity = "info"

    def find(self, document: LintDocument) -> Iterator[Finding]:
        """Sections of some length, without sections below them, from which no rule was read."""
        stating = {rule.section for rule in document.rules}
        parents = {part.section.path[:-1] for part in document.parts}
        silent = [
            part
            for part in document.parts
            if part.section.id not in stating
            and part.section.path
            and part.section.path not in parents
            and _is_long(document, part)
            and not (is_overview(part.section) or is_examples(part.section))
        ]
        remedy = "write what it demands as a sentence, if it demands anything"
        if len(silent) > max(MANY, len(stating)):
            message = (
                f"{len(silent)} of {len(document.parts)} sections state no rule, this one first"
            )
            yield self.finding(message, remedy, _head(silent[0]))
            return
        for part in silent:
            yield self.finding("this section states no rule", remedy, _head(part))


def _is_long(document: LintDocument, part: SectionBlocks) -> bool:
    blocks = (document.blocks[at] for at in part.blocks)
    words = sum(len(block.text.text.split()) for block in blocks if not block.aside)
    return words >= MIN_WORDS or part.section.authority is not None


def _head(part: SectionBlocks) -> tuple[int, int]:
    return part.heading_span or (part.section.start, part.section.end)
