"""Something is reserved for one party, and another one may or must do it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from specloop.linting.document import DocumentStatement, LintDocument
from specloop.linting.pairs import pairs
from specloop.lints import Finding, Lint, lints


@lints.register("CONFLICT-PARTY")
class ConflictParty(Lint):
    """One statement reserves for somebody what another one lets somebody else do.

    Example:

        Only managers may approve refunds.
        Agents may approve refunds.

    What to do: name everybody who may do it in one sentence.
    """

    title = "reserved, and given to others"
    severity = "error"

    def find(self, document: LintDocument) -> Iterator[Finding]:
        """Statements on one act, of which one says "only"."""
        for first, second, _ in pairs(document.comparable, _keys, _reserves):
            remedy = "name everybody who may do it in one sentence"
            message = "one reserves what the other gives to somebody else"
            yield self.finding(message, remedy, first.span, second.span)


def _reserves(first: DocumentStatement, second: DocumentStatement) -> bool:
    one, other = first.said, second.said
    return one.only != other.only and not one.party & other.party


def _keys(statement: DocumentStatement) -> Iterator[Hashable]:
    said = statement.said
    if not said.negative and said.about and (said.party or not said.only):
        yield said.about, said.condition, said.quantities
