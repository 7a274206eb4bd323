"""A rule that no answer can be seen to break."""

from __future__ import annotations

from collections.abc import Iterator

from specloop.linting.document import LintDocument
from specloop.linting.vagueness import untestable
from specloop.lints import Finding, Lint, lints


@lints.register("UNTESTABLE")
class Untestable(Lint):
    """The rule asks for an attitude, an effort or a thought; no answer can be seen to break it.

    Example:

        Use good judgment.
        Strive for excellence.

    What to do: say what an answer has or lacks when the rule is kept, or move the sentence to the
    introduction.
    """

    title = "nothing to see it by"

    def find(self, document: LintDocument) -> Iterator[Finding]:
        """Rules of attitude and effort."""
        for rule in document.rules:
            if phrase := untestable(rule.text):
                message = f"no answer can be seen to break this ({phrase.lower()!r})"
                remedy = "say what an answer has or lacks when the rule is kept"
                yield self.finding(message, remedy, (rule.start, rule.end))
