"""Two limits on the same thing that cannot both be kept, or that differ."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from specloop.checking.text import word_set
from specloop.linting.document import DocumentStatement, LintDocument
from specloop.linting.pairs import pairs
from specloop.linting.quantities import TEXT_UNITS, Quantity
from specloop.linting.settings import clashing
from specloop.linting.words import stem
from specloop.lints import Finding, Lint, lints


@lints.register("CONFLICT-NUMBER")
class ConflictNumber(Lint):
    """Two statements set limits on the same thing that no answer can keep, or different ones.

    Example:

        Keep every answer to at most 80 words.
        Every reply has at least 200 words.

    Numbers that guides set for a project are found in other words too ("wrap lines at 80 columns",
    "line length: 100"), and so are "open from 9 to 5" and "open from 8 to 6". Two limits of one
    kind, such as "at most 6 books" and "at most 10 books", are a warning: both can be kept, but
    only one can be meant.

    What to do: decide which number holds and delete the other, or say when each of them holds.
    """

    title = "limits that exclude each other"
    severity = "error"

    def find(self, document: LintDocument) -> Iterator[Finding]:
        """Statements on the same matter with different amounts of one unit."""
        for first, second, ((one, other), *_) in pairs(document.comparable, _keys, _differing):
            if one.excludes(other):
                message, severity = "these limits exclude each other", self.severity
            else:
                message, severity = "two different limits for the same thing", "warning"
            yield self.finding(message, _REMEDY, first.span, second.span, severity=severity)
        for earlier, later in clashing(document, numbers=True):
            message = f"two different numbers for the {later.setting}"
            yield self.finding(message, _REMEDY, earlier.span, later.span, severity="warning")


_REMEDY = "keep one of the numbers, or say when each of them holds"
_OF_AMOUNTS = frozenset(
    map(stem, word_set("run take pay paid charge amount come set last count reach total stretch"))
)
"""Verbs that say only that something has an amount."""


def _keys(statement: DocumentStatement) -> Iterator[Hashable]:
    said = statement.said
    matter = (said.about | said.party) - _OF_AMOUNTS
    for quantity in said.quantities:
        if matter or quantity.unit in TEXT_UNITS:
            yield matter, said.condition, said.negative, said.values, quantity.unit


def _differing(
    first: DocumentStatement, second: DocumentStatement
) -> list[tuple[Quantity, Quantity]]:
    """Their limits in one unit that exclude each other or differ."""
    one, other = _limits(first), _limits(second)
    return [
        (one[u], other[u]) for u in one if u in other and _rest(one, u) == _rest(other, u)
        and (one[u].excludes(other[u]) or one[u].differs(other[u]))
    ]  # fmt: skip


def _limits(statement: DocumentStatement) -> dict[str, Quantity]:
    return {quantity.unit: quantity for quantity in statement.said.quantities}


def _rest(limits: dict[str, Quantity], unit: str) -> dict[str, Quantity]:
    return {name: quantity for name, quantity in limits.items() if name != unit}
