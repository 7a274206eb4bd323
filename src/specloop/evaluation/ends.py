"""How a model's answers ended, from its figures: the share that is not whole, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from specloop.ended import MUCH
from specloop.metrics import metric_of
from specloop.records import Figure


def missing_share(figures: Iterable[Figure]) -> str:
    """`12.5% of 84 (blank 10.7%, cut 1.8%)`; empty where the share is small."""
    kinds = ((_kind(figure), figure) for figure in figures)
    found = [(kind, one.value, one.n) for kind, one in kinds if kind and one.value]
    total = sum(value for _, value, _ in found)
    if total <= MUCH:
        return ""
    told = ", ".join(f"{kind} {value:.1%}" for kind, value, _ in found)
    return f"{total:.1%} of {found[0][2]:,} ({told})"


def _kind(figure: Figure) -> str:
    """What answers are called that the figure is the share of; empty where it is no such share."""
    ending = metric_of(figure.name).ending
    return "" if ending is None else ending or figure.group
