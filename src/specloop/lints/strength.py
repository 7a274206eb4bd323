"""One thing is a duty in one place and advice in another."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from specloop.linting.document import DocumentStatement, LintDocument
from specloop.linting.pairs import pairs
from specloop.lints import Finding, Lint, lints


@lints.register("STRENGTH")
class Strength(Lint):
    """One rule says "must", another says "should" of the same thing.

    Example:

        The assistant must log every complaint.
        The assistant should log every complaint.

    What to do: decide whether it is a duty, and use one word for it.
    """

    title = "must beside should"

    def find(self, document: LintDocument) -> Iterator[Finding]:
        """Rules on the same matter, of which one is a duty and one advice."""
        rules = (statement for statement in document.statements if statement.rule)
        for first, second, _ in pairs(rules, _keys, _differ):
            message = "one says that it must be, the other that it should be"
            remedy = "decide whether it is a duty, and use one word for it"
            yield self.finding(message, remedy, first.span, second.span)


def _differ(first: DocumentStatement, second: DocumentStatement) -> bool:
    one, other = first.said.force, second.said.force
    return one != other and {one, other} == {"must", "should"}


def _keys(statement: DocumentStatement) -> Iterator[Hashable]:
    said = statement.said
    if said.about:
        yield said.key, said.negative, said.quantities, said.values, said.only
