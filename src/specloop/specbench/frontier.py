"""Who is on the Pareto frontier of two figures. Pure.

By the figures themselves: where intervals overlap, who is on it may be chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from specloop.records import Figure

Way = Literal["up", "down"]
"""Which way a figure is better."""


class Point(NamedTuple):
    """An entrant's two figures."""

    name: str
    x: Figure
    y: Figure
    on_frontier: bool = False


def frontier(points: Sequence[Point], x_better: Way, y_better: Way = "up") -> tuple[Point, ...]:
    """The points that have both figures, each with whether no other one beats it.

    A point is beaten by one that is at least as good in both figures and better in one.
    """
    plotted = [p for p in points if p.x.value is not None and p.y.value is not None]
    goods = [(_good(p.x, x_better), _good(p.y, y_better)) for p in plotted]
    return tuple(
        point._replace(on_frontier=not any(_beats(other, good) for other in goods))
        for point, good in zip(plotted, goods, strict=True)
    )


def _good(figure: Figure, better: Way) -> float:
    value = figure.value or 0.0
    return value if better == "up" else -value


def _beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one != other and one[0] >= other[0] and one[1] >= other[1]
