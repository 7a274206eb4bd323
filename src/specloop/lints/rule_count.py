"""Too many rules, or too few, to train on."""

from __future__ import annotations

from collections.abc import Iterator

from specloop.linting.document import LintDocument
from specloop.lints import Finding, Lint, lints

MAX_RULES = 200
MIN_RULES = 8
"""An instance holds 8 to 13 rules."""


@lints.register("RULE-COUNT")
class RuleCount(Lint):
    """A document of more than 200 rules is more than a model follows at once, and each rule needs
    probes of its own; one of fewer than 8 does not fill an instance (8 to 13 rules).

    What to do: drop general rules or split the document; or add rules.
    """

    title = "too many or too few rules"
    severity = "info"

    def find(self, document: LintDocument) -> Iterator[Finding]:
        """One finding for the document."""
        n = len(document.rules)
        span = (0, len(document.text.partition("\n")[0]))
        if n > MAX_RULES:
            message = f"{n} rules are more than a model follows at once"
            yield self.finding(message, "drop the general ones, or split the document", span)
        elif n < MIN_RULES:
            message = f"{n} rules are fewer than the {MIN_RULES} that an instance holds"
            yield self.finding(message, "add rules, or join it with another document", span)
