"""The pieces of a shown document: stretches of its text under rules, and the markup between
them."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup

from specloop.report.rules import RuleView


class Piece(NamedTuple):
    """A stretch of the document's text under the same rules, or our own markup."""

    text: str
    rules: tuple[RuleView, ...] = ()
    """The rules, innermost first."""
    begins: tuple[RuleView, ...] = ()
    is_heading: bool = False
    markup: Markup = Markup("")
    """The tag of an element; such a piece has no text."""
