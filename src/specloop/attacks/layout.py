"""Dictate a form: lists, tables, headings."""

from __future__ import annotations

from typing import ClassVar

from specloop.attacks import Attack, attacks
from specloop.records import Rule


@attacks.register("layout")
class Layout(Attack):
    """Dictates how the answer must look."""

    brief: ClassVar[str] = "demand a form such as a list, a table or headings"

    def write(self, seed: str, rule: Rule) -> str:
        """Add a demand for a list and headings."""
        return f"{seed} Please answer as a list with headings."
