"""The same act is asked for and forbidden."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from specloop.linting.document import DocumentStatement, LintDocument
from specloop.linting.objects import handled
from specloop.linting.pairs import pairs
from specloop.linting.words import stem
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
        remedy = "delete one, or say when each of them holds"
        for first, second, fault in pairs(document.comparable, _keys, _fault):
            yield self.finding(fault, remedy, first.span, second.span)
        for first, second, _ in pairs(document.statements, _things, _uses):
            message = "what one asks for the other forbids"
            yield self.finding(message, remedy, first.span, second.span)


def _keys(statement: DocumentStatement) -> Iterator[Hashable]:
    said = statement.said
    if said.about and not said.only and (statement.binds or _first(statement) in said.about):
        yield said.key, said.quantities, said.values


def _first(statement: DocumentStatement) -> str:
    return stem(statement.said.text.partition(" ")[0])


def _things(statement: DocumentStatement) -> Iterator[Hashable]:
    """What a ban names, and that with a word before it which an answer is asked to have."""
    if found := handled(statement.text.lower()):
        yield found.thing
        if found.asked and len(found.thing) > 1:
            yield found.thing[1:]


def _uses(first: DocumentStatement, second: DocumentStatement) -> bool:
    one, other = handled(first.text.lower()), handled(second.text.lower())
    return one is not None and other is not None and one.asked != other.asked


def _fault(first: DocumentStatement, second: DocumentStatement) -> str:
    one, other = first.said, second.said
    if not (first.binds and second.binds):
        # A request in a form that is not read as a rule: "Destructure props."
        ban, asked = (first, second) if one.negative else (second, first)
        verb = ban.said.verb
        turned = ban.binds and one.negative != other.negative and _first(asked) == verb
        turned = turned and _first(ban) != verb
        return "what one asks for the other forbids" if turned else ""
    if one.negative != other.negative:
        allowed = one if other.negative else other
        return "what one allows the other forbids" if allowed.force in ("may", "free") else (
            "what one asks for the other forbids"
        )  # fmt: skip
    forces = {one.force, other.force}
    if not one.negative and "free" in forces and forces & {"must", "should"}:
        return "what one asks for the other makes optional"
    return ""
