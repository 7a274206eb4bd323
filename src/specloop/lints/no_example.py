"""A section with rules and without an example, in a document that gives examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from specloop.linting.document import LintDocument
from specloop.lints import Finding, Lint, lints


@lints.register("NO-EXAMPLE")
class NoExample(Lint):
    """The document gives worked examples, but none for the rules of this section. Readers and
    models learn a rule's limits from examples on both sides of them.

    What to do: add an example of an answer that keeps a rule of the section, and one that breaks
    it.
    """

    title = "rules without an example"
    severity = "info"

    def find(self, document: LintDocument) -> Iterator[Finding]:
        """Sections with rules that no worked example belongs to or refers to."""
        if not document.spec.examples:
            return
        told = {rule for example in document.spec.examples for rule in example.rules}
        told_sections = {rule.section for rule in document.rules if rule.id in told}
        told_sections |= {example.section for example in document.spec.examples}
        told_sections |= set(_with_aside(document))
        counts = Counter(rule.section for rule in document.rules)
        for part in document.parts:
            n = counts[part.section.id]
            if n and part.section.id not in told_sections:
                what = "its rule has" if n == 1 else f"its {n} rules have"
                span = part.heading_span or (part.section.start, part.section.start + 1)
                remedy = "add an answer that keeps a rule and one that breaks it"
                yield self.finding(f"{what} no example", remedy, span)


def _with_aside(document: LintDocument) -> Iterator[str]:
    """The sections that hold an example in any form."""
    for block in document.blocks:
        if block.aside == "example":
            yield document.section(block.start).id
