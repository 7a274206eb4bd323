"""What a document is shown as: stretches of its text under rules, and the markup between them."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup

from specloop.report.rules import RuleView


class Piece(NamedTuple):
    """A stretch of the document's text under the same rules, or markup of ours."""

    text: str
    rules: tuple[RuleView, ...] = ()
    """Innermost first."""
    begins: tuple[RuleView, ...] = ()
    is_heading: bool = False
    markup: Markup = Markup("")
    """An element's tag; such a piece has no text."""
