"""A conflict that a model sees in two rules."""

from __future__ import annotations

from collections.abc import Iterator

from specloop.linting.document import LintDocument
from specloop.lints import Finding, Lint, lints


@lints.register("CONFLICT-MODEL")
class ConflictModel(Lint):
    """With --model, a model is asked about rules that share rare words, and says that two of them
    cannot both be kept. Nothing else was checked: read both before you change anything. Such a
    finding is marked with the model's name and is never an error.

    What to do: if it is right, decide which rule holds; if not, ignore it.
    """

    title = "a conflict, says a model"

    def find(self, document: LintDocument) -> Iterator[Finding]:
        """Nothing: what a model says is added by `--model`."""
        return iter(())
