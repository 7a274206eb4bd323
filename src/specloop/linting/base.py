"""What every lint has: its code and severity, the findings it yields and where they stand."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Literal, NamedTuple, get_args

from specloop.linting.document import LintDocument
from specloop.registry import Registry, Strategy

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""The gravest first."""


class Finding(NamedTuple):
    """One fault; the first span is where it is shown, a second one is what it is about as well."""

    code: str
    severity: Severity
    message: str
    remedy: str
    spans: tuple[tuple[int, int], ...]
    """Offsets in the document's text."""
    suggested_by: str = ""
    """The model that proposed it; empty if code found it."""


class Lint(Strategy):
    """One kind of fault. Its docstring is the page of `specloop lint --explain CODE`."""

    title: ClassVar[str]
    """The fault in a few words."""
    severity: ClassVar[Severity] = "warning"

    @abstractmethod
    def find(self, document: LintDocument) -> Iterator[Finding]:
        """Every fault of this kind, in any order."""

    def finding(
        self,
        message: str,
        remedy: str,
        *spans: tuple[int, int],
        severity: Severity | None = None,
    ) -> Finding:
        """A finding of this lint."""
        return Finding(lints.name_of(self), severity or self.severity, message, remedy, spans)


lints: Registry[Lint] = Registry(Lint, "specloop.lints")
"""Lints by code. A code is one or two words in capitals: its first word selects a whole group."""
