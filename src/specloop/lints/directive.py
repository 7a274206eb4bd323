"""A comment for this linter that cannot be understood or suppresses nothing."""

from __future__ import annotations

from collections.abc import Iterator

from specloop.errors import did_you_mean
from specloop.linting.document import LintDocument
from specloop.linting.suppression import directives, selects
from specloop.lints import Finding, Lint, lints


@lints.register("DIRECTIVE")
class DirectiveFault(Lint):
    """A comment that is meant to suppress findings names an unknown code, cannot be understood, or
    suppresses nothing (which is for information only).

    Example:

        <!-- specloop-lint: ignore CONFLICT-NUMBRE -->

    What to do: correct it, or delete it. `specloop lint --explain` lists the codes.
    """

    title = "a comment that suppresses nothing"

    def find(self, document: LintDocument) -> Iterator[Finding]:
        """Comments without a known code. Those that suppress nothing are found after the rest."""
        known = lints.names()
        for directive in directives(document):
            if not directive.codes:
                remedy = "write: specloop-lint: ignore CODE, or: ignore-document CODE"
                yield self.finding("this comment is not understood", remedy, directive.span)
            for code in directive.codes:
                if not any(selects(code, one) for one in known):
                    hint = did_you_mean(code, known).strip() or "see: specloop lint --explain"
                    message = f"there is no code {code}"
                    yield self.finding(message, hint, directive.span)
