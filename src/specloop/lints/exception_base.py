"""An exception without a rule that it takes back."""

from __future__ import annotations

import re
from collections.abc import Iterator

from specloop.linting.document import LintDocument
from specloop.lints import Finding, Lint, lints
from specloop.spec.context import is_exception
from specloop.spec.mapped import sentences


@lints.register("EXCEPTION-BASE")
class ExceptionBase(Lint):
    """An exception stands where no rule comes before it, so that nobody knows what it takes back.

    Example:

        ## Refunds
        - Unless the customer has paid in advance.

    What to do: put the rule before it, or name the rule in the same sentence.
    """

    title = "an exception to nothing"

    def find(self, document: LintDocument) -> Iterator[Finding]:
        """Exceptions before the first rule of their section and of the sections above it."""
        known = {rule.id for rule in document.rules}
        for rule in document.rules:
            if rule.exception_to and rule.exception_to not in known:
                yield self._fault((rule.start, rule.end))
        starts = [(rule.start, document.path(rule.start)) for rule in document.rules]
        seen: set[tuple[str, ...]] = set()
        at = 0
        for part in document.parts:
            for block in (document.blocks[i] for i in part.blocks):
                while at < len(starts) and starts[at][0] < block.start:
                    seen.update(_above(starts[at][1]))
                    at += 1
                first = next(sentences(block.text), None)
                alone = not block.aside and first is not None and _is_alone(first.text)
                if first is not None and alone and not seen & set(_bases(part.section.path)):
                    inside = any(start < block.end for start, _ in starts[at : at + 1])
                    if not inside:
                        yield self._fault(first.span(0, len(first.text)))

    def _fault(self, span: tuple[int, int]) -> Finding:
        return self.finding(
            "this exception has no rule that it takes back",
            "put the rule before it, or name the rule in the same sentence",
            span,
        )


def _is_alone(text: str) -> bool:
    """Whether a sentence is only an exception, without a main clause after a comma."""
    opens = re.match(r"\W*(?:unless|except)\b", text, re.I)
    return is_exception(text) and not (opens and re.search(r", (?:\S+ ){2,}", text))


def _above(path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """A section and those above it."""
    return (path[:n] for n in range(len(path) + 1))


def _bases(path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Where the rule of an exception may stand: its section, or those above it below the title."""
    is_titled = len(path) > 1
    yield path
    if path and path[-1].lower().startswith("exception"):
        yield from (path[:n] for n in range(1 + is_titled, len(path)))
    elif len(path) > 2:
        yield from (path[:n] for n in range(2, len(path)))
