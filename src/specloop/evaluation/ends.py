"""How a model's answers ended, from its figures: the share that is not whole, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from specloop.ended import MUCH
from specloop.metrics import measure_of
from specloop.records import Metric


def missing_share(metrics: Iterable[Metric]) -> str:
    """`12.5% of 84 (blank 10.7%, cut 1.8%)`; empty where the share is small."""
    kinds = ((_kind(metric), metric) for metric in metrics)
    found = [(kind, one.value, one.n) for kind, one in kinds if kind and one.value]
    total = sum(value for _, value, _ in found)
    if total <= MUCH:
        return ""
    told = ", ".join(f"{kind} {value:.1%}" for kind, value, _ in found)
    return f"{total:.1%} of {found[0][2]:,} ({told})"


def _kind(metric: Metric) -> str:
    """What answers are called that the figure is the share of; empty where it is no such share."""
    ending = measure_of(metric.name).ending
    return "" if ending is None else ending or metric.group
