"""Lints: faults of a document, one file a kind. What they share is in `linting`."""

from specloop.linting.base import Finding, Lint, lints

__all__ = ["Finding", "Lint", "lints"]
