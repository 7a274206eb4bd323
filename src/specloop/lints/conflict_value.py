"""Two values for something that has one: a language, a format, a currency, a spelling."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from specloop.linting.document import DocumentStatement, LintDocument
from specloop.linting.pairs import pairs
from specloop.linting.settings import clashing
from specloop.lints import Finding, Lint, lints


@lints.register("CONFLICT-VALUE")
class ConflictValue(Lint):
    """Two statements name different values of something that has only one.

    Example:

        Answer in English.
        Answer in French.

    Values of this kind are languages, formats (Markdown, JSON, plain text), currencies, units,
    spellings, grammatical person and tense, letter case and clocks. Settings that guides decide
    for a project are found in other words too ("Indent with tabs", "2 spaces for indentation"):
    indentation, length of lines, quotes, semicolons, case of names, headings and commit messages.

    What to do: delete one of the two, or say when each of them holds.
    """

    title = "two values for one thing"
    severity = "error"

    def find(self, document: LintDocument) -> Iterator[Finding]:
        """Statements that are equal but for the value of one slot, and settings with two values."""
        for first, second, _ in pairs(document.comparable, _keys, _differ):
            (one,), (other,) = first.said.values, second.said.values
            message = f"two values for one thing: {one.name} and {other.name}"
            yield self.finding(message, _REMEDY, first.span, second.span)
        for earlier, later in clashing(document, numbers=False):
            said = [f"{'' if one.wanted else 'not '}{one.value}" for one in (earlier, later)]
            message = f"two values for one thing ({later.setting}): {' and '.join(said)}"
            yield self.finding(message, _REMEDY, earlier.span, later.span)


_REMEDY = "keep one of them, or say when each of them holds"


def _differ(first: DocumentStatement, second: DocumentStatement) -> bool:
    (one,), (other,) = first.said.values, second.said.values
    return one.name != other.name


def _keys(statement: DocumentStatement) -> Iterator[Hashable]:
    said = statement.said
    if len(said.values) == 1 and not said.negative and said.force not in ("may", "free"):
        yield said.key, said.quantities, said.values[0].slot, said.only
