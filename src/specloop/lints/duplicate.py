"""Two rules that say the same, in the same or other words."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from specloop.linting.document import DocumentStatement, LintDocument
from specloop.linting.pairs import pairs
from specloop.lints import Finding, Lint, lints

LEAST_WORDS = 5
"""A rule of so many words may have one that its duplicate lacks."""


@lints.register("DUPLICATE")
class Duplicate(Lint):
    """Two rules say the same, perhaps in other words. When one is changed, the other is forgotten.

    Example:

        Never disclose a customer's password.
        The password of a customer must not be revealed.

    What to do: delete one of the two, or refer to the other.
    """

    title = "said twice"

    def find(self, document: LintDocument) -> Iterator[Finding]:
        """Rules with the same words, but for one that only one of them has."""
        rules = (statement for statement in document.statements if statement.rule)
        for first, second, _ in pairs(rules, _keys, _same):
            remedy = "delete one of them, or refer to the other"
            yield self.finding("these say the same", remedy, first.span, second.span)


def _keys(statement: DocumentStatement) -> Iterator[Hashable]:
    said = statement.said
    words, condition = said.key
    free = said.force in ("may", "free")
    fixed = (condition, said.negative, said.quantities, said.values, said.only, said.sure, free)
    if said.order and ("before" in condition or "only after" in said.text):
        yield said.order, fixed[1:]
    if words or said.quantities or said.values:
        yield words, fixed
    if len(words) >= LEAST_WORDS:
        yield from ((words - {word}, fixed) for word in words)


def _same(first: DocumentStatement, second: DocumentStatement) -> bool:
    one, other = first.said, second.said
    (mine, _), (theirs, _) = one.key, other.key
    within = mine <= theirs or theirs <= mine or (bool(one.order) and one.order == other.order)
    others = one.party and other.party and one.party != other.party
    return within and not others and {one.force, other.force} != {"must", "should"}
