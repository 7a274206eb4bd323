"""A word that leaves it to the reader what the rule demands."""

from __future__ import annotations

from collections.abc import Iterator

from specloop.checking import compile_check
from specloop.linting.document import LintDocument
from specloop.linting.vagueness import untestable, vague_word
from specloop.lints import Finding, Lint, lints


@lints.register("VAGUE")
class Vague(Lint):
    """A word of the rule leaves open what is demanded: two readers would draw the line elsewhere.

    Example:

        Respond within a reasonable time.

    What to do: say how it can be told: a number, a list, or two examples on each side of the line.
    """

    title = "a word that leaves the demand open"

    def find(self, document: LintDocument) -> Iterator[Finding]:
        """Rules with a vague word that code does not decide."""
        for rule in document.rules:
            word = vague_word(rule.text)
            if not word or untestable(rule.text) or compile_check(rule.text, rule.scope):
                continue
            at = document.text[rule.start : rule.end].lower().find(word.lower())
            start = rule.start + max(at, 0)
            span = (start, start + len(word)) if at >= 0 else (start, rule.end)
            message = f"{word.lower()!r} leaves the demand open"
            yield self.finding(message, "say how it can be told: a number or a list", span)
