"""The same act is asked for and forbidden."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from specloop.linting.document import DocumentStatement, LintDocument
from specloop.linting.pairs import pairs
from specloop.lints import Finding, Lint, lints


@lints.register("CONFLICT-NEGATION")
class ConflictNegation(Lint):
    """One statement asks for or allows what another one forbids, on the same condition.

    Example:

        Never use emojis.
        Always add an emoji to your answer.

    Also found: a duty beside a sentence that makes it optional ("Cite a source", "Citing a source
    is not required").

    What to do: delete one of the two. If one is an exception, say when it holds, or begin it with
    "Exception:" right after the rule.
    """

    title = "asked for and forbidden"
    severity = "error"

    def find(self, document: LintDocument) -> Iterator[Finding]:
        """Statements on the same matter, of which one is negated or optional."""
        for first, second, fault in pairs(document.comparable, _keys, _fault):
            remedy = "delete one, or say when each of them holds"
            yield self.finding(fault, remedy, first.span, second.span)


def _keys(statement: DocumentStatement) -> Iterator[Hashable]:
    said = statement.said
    if statement.binds and said.about and not said.only:
        yield said.key, said.quantities, said.values


def _fault(first: DocumentStatement, second: DocumentStatement) -> str:
    one, other = first.said, second.said
    if one.negative != other.negative:
        allowed = one if other.negative else other
        return "what one allows the other forbids" if allowed.force in ("may", "free") else (
            "what one asks for the other forbids"
        )  # fmt: skip
    forces = {one.force, other.force}
    if not one.negative and "free" in forces and forces & {"must", "should"}:
        return "what one asks for the other makes optional"
    return ""
