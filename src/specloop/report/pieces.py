"""The pieces of a shown document: stretches of its text under rules, and the tags between them."""

from __future__ import annotations

from collections.abc import Iterable
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


def opening(name: str, **attributes: object) -> Piece:
    """An element's first tag, with its attributes escaped and those without a value left out;
    `class_` is its class."""
    shown = (
        Markup(' {}="{}"').format(key.rstrip("_"), value)
        for key, value in attributes.items()
        if value not in ("", None)
    )
    return Piece("", markup=Markup("<{}{}>").format(name, Markup("").join(shown)))


def closing(name: str) -> Piece:
    """An element's last tag."""
    return Piece("", markup=Markup("</{}>").format(name))


def innermost_first(views: Iterable[RuleView]) -> list[RuleView]:
    """The rules from the shortest quote to the longest."""
    return sorted(views, key=lambda view: view.rule.end - view.rule.start)
