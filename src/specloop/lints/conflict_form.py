"""Two rules that code decides and that no answer can keep both."""

from __future__ import annotations

from collections.abc import Iterator

from specloop.checking import compile_check
from specloop.checking.base import Addition, Ban, Check, build, checks
from specloop.linting.document import DocumentStatement, LintDocument
from specloop.lints import Finding, Lint, lints

MOST = 300
"""Most bans, and most demanded texts, that are compared with one another."""


@lints.register("CONFLICT-FORM")
class ConflictForm(Lint):
    """One rule demands a text that another rule forbids, or two rules demand different texts in
    one place. Only rules that code can decide are compared, so this is certain.

    Example:

        Every answer must end with the line "Ride safely!"
        Do not use exclamation marks.

    What to do: change the demanded text, or make it an exception to the ban.
    """

    title = "a demanded text that is forbidden"
    severity = "error"

    def find(self, document: LintDocument) -> Iterator[Finding]:
        """Bans against demanded texts, and demanded texts of one place against each other."""
        decided = [(s, check) for s in document.comparable if (check := _check(s))]
        bans = [(s, check) for s, check in decided if isinstance(check, Ban)][:MOST]
        added = [(s, check, one) for s, check in decided if (one := check.addition())][:MOST]
        remedy = "change the demanded text, or make it an exception"
        for statement, _, addition in added:
            for other, ban in bans:
                if ban.occurs(addition.text) and statement.comparable(other):
                    message = f"the text that one demands breaks the other ({ban.describe()})"
                    yield self.finding(message, remedy, *_ordered(statement, other))
        yield from self._places(added)

    def _places(self, added: list[tuple[DocumentStatement, Check, Addition]]) -> Iterator[Finding]:
        """Different texts for one place, each against the first."""
        first: dict[tuple[str, str], tuple[DocumentStatement, Addition]] = {}
        for statement, check, addition in added:
            if addition.place == "inside":
                continue
            place = (checks.name_of(check), addition.place)
            before, text = first.setdefault(place, (statement, addition))
            if text.text != addition.text and before.comparable(statement):
                message = f"two texts for one place of the answer ({addition.place})"
                remedy = "keep one text, or say when each of them holds"
                yield self.finding(message, remedy, before.span, statement.span)


def _check(statement: DocumentStatement) -> Check | None:
    """The check that its wording alone stands for, where it holds for every request."""
    call = compile_check(statement.text) if statement.rule else None
    return None if call is None or call.when or call.unless else build(call)


def _ordered(first: DocumentStatement, second: DocumentStatement) -> tuple[tuple[int, int], ...]:
    return tuple(sorted((first.span, second.span)))
