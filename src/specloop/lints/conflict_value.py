"""Two values for something that has one: a language, a format, a currency, a spelling."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from specloop.linting.document import DocumentStatement, LintDocument
from specloop.linting.pairs import pairs
from specloop.lints import Finding, Lint, lints


@lints.register("CONFLICT-VALUE")
class ConflictValue(Lint):
    """Two statements name different values of something that has only one.

    Example:

        Answer in English.
        Answer in French.

    Values of this kind are languages, formats (Markdown, JSON, plain text), currencies, units,
    spellings, grammatical person and tense, letter case and clocks.

    What to do: delete one of the two, or say when each of them holds.
    """

    title = "two values for one thing"
    severity = "error"

    def find(self, document: LintDocument) -> Iterator[Finding]:
        """Statements that are equal but for the value of one slot."""
        for first, second, _ in pairs(document.comparable, _keys, _differ):
            (one,), (other,) = first.said.values, second.said.values
            message = f"two values for one thing: {one.name} and {other.name}"
            remedy = "keep one of them, or say when each of them holds"
            yield self.finding(message, remedy, first.span, second.span)


def _differ(first: DocumentStatement, second: DocumentStatement) -> bool:
    (one,), (other,) = first.said.values, second.said.values
    return one.name != other.name


def _keys(statement: DocumentStatement) -> Iterator[Hashable]:
    said = statement.said
    if len(said.values) == 1 and not said.negative and said.force not in ("may", "free"):
        yield said.key, said.quantities, said.values[0].slot, said.only
