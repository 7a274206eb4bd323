"""The geometry of the frontier's plots: places in percent, which fit any width while text keeps its
size."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from specloop.measuring.scores import CONVENTIONS
from specloop.metrics import metric_of
from specloop.records import Figure
from specloop.report.figure_text import interval_text, text_of
from specloop.report.grids import Na
from specloop.report.specbench.grids import NA
from specloop.specbench.comparison import BenchComparison, points, token_lines, totals
from specloop.specbench.figures import bench_metric
from specloop.specbench.frontier import Point, Way

_NARROW = (280.0, 300.0)
"""Pixels of the smallest plot: what does not collide there collides in no plot."""
_REACH = 12.0
_LOG_FROM = 8.0
"""From this ratio of the largest to the smallest value on, tokens have a logarithmic axis."""
_Ticks = tuple[tuple[float, str], ...]
"""Marks on an axis: their places in percent from its low end, and their texts."""


class Axis(NamedTuple):
    """The scale of one side of a plot."""

    low: float
    high: float
    is_log: bool = False
    ticks: _Ticks = ()

    def at(self, value: float) -> float:
        """The place of a value, in percent from the low end."""
        low, high, x = self.low, self.high, max(self.low, min(self.high, value))
        if self.is_log:
            low, high, x = math.log(low), math.log(high), math.log(x)
        return 100 * (x - low) / (high - low)

    def marked(self, marks: Iterable[float]) -> Axis:
        """The axis with marks at round numbers."""
        return self._replace(ticks=tuple((self.at(mark), f"{mark:,.0f}") for mark in marks))


class Dot(NamedTuple):
    """One entrant: its place and its interval's ends in percent from the upper left corner, and the
    offset of its number in pixels."""

    number: str
    label: str
    x: float
    y: float
    left: float
    right: float
    top: float
    bottom: float
    on_frontier: bool
    x_text: str
    y_text: str
    dx: float = 0.0
    dy: float = 0.0


class Scatter(NamedTuple):
    """One plot."""

    title: str
    note: str
    kind: str
    """The control that shows it: empty for always, otherwise `paper` or `billed`."""
    na: Na
    x_title: str
    y_title: str
    x_ticks: _Ticks = ()
    y_ticks: _Ticks = ()
    dots: tuple[Dot, ...] = ()
    links: tuple[tuple[Dot, Dot], ...] = ()
    """The pieces of the line through the frontier."""


def scatters(comparison: BenchComparison) -> tuple[Scatter, ...]:
    """Safety against behaviour, and SAR against tokens, in both conventions for NA."""
    taken = token_lines(comparison)
    plots: list[Scatter] = []
    for convention in CONVENTIONS:
        na = NA[convention]
        safety, behaves, sar = (
            totals(comparison, bench_metric(name, convention, comparison.options.alpha))
            for name in ("safety", "behavioral", "sar")
        )
        head = ("Safety against behaviour", "Up and to the right is better.", "", na)
        plot = Scatter(*head, "behaviour", "safety")
        plots.append(_drawn(comparison, plot, behaves, safety, "up"))
        for kind, title, amounts in (
            ("paper", "tokens an answer, as papers count", [t.paper for t in taken]),
            ("billed", "tokens an answer, as billed", [t.billed for t in taken]),
        ):
            head = ("SAR against tokens", "Up and to the left is better.", kind, na)
            plots.append(_drawn(comparison, Scatter(*head, title, "SAR"), amounts, sar, "down"))
    return tuple(plot for plot in plots if plot.dots)


def _drawn(
    comparison: BenchComparison, plot: Scatter, x: Sequence[Figure], y: Sequence[Figure], way: Way
) -> Scatter:
    """The plot with its dots; `way` is in which direction x is better."""
    plotted = points(comparison, x, y, way)
    axes = _axis([p.x for p in plotted]), _axis([p.y for p in plotted])
    labels = {str(result.number): result.label for result in comparison.results}
    dots = _placed([_dot(point, labels[point.name], axes) for point in plotted])
    frontier = sorted((dot for dot in dots if dot.on_frontier), key=lambda dot: (dot.x, dot.y))
    return plot._replace(
        x_title=plot.x_title + (", log scale" if axes[0].is_log else ""),
        x_ticks=axes[0].ticks,
        y_ticks=tuple((100 - at, text) for at, text in axes[1].ticks),
        dots=dots,
        links=tuple(pairwise(frontier)),
    )


def _dot(point: Point, label: str, axes: tuple[Axis, Axis]) -> Dot:
    x, y = axes
    left, right = map(x.at, _ends(point.x))
    bottom, top = (100 - y.at(end) for end in _ends(point.y))
    return Dot(
        number=point.name,
        label=label,
        x=x.at(point.x.value or 0.0),
        y=100 - y.at(point.y.value or 0.0),
        left=left,
        right=right,
        top=top,
        bottom=bottom,
        on_frontier=point.on_frontier,
        x_text=_with_interval(point.x),
        y_text=_with_interval(point.y),
    )


def _with_interval(figure: Figure) -> str:
    value, interval = text_of(figure), interval_text(figure)
    return f"{value} ({interval})" if interval else value


def _ends(figure: Figure) -> tuple[float, float]:
    value = figure.value or 0.0
    low, high = figure.ci_low, figure.ci_high
    return value if low is None else low, value if high is None else high


def _axis(figures: Sequence[Figure]) -> Axis:
    ends = [end for figure in figures for end in _ends(figure)]
    if not ends:
        return Axis(0.0, 1.0)
    if metric_of(figures[0].name).format == "share":
        return _rate_axis(min(ends), max(ends))
    if min(ends) > 0 and max(ends) / min(ends) >= _LOG_FROM:
        return _log_axis(min(ends), max(ends))
    return _plain_axis(max(ends))


def _rate_axis(least: float, most: float) -> Axis:
    low, high = math.floor(least * 10 + 1e-9), math.ceil(most * 10 - 1e-9)
    high = max(high, low + 1)
    marks = range(low, high + 1, 1 if high - low <= 5 else 2)
    axis = Axis(low / 10, high / 10)
    return axis._replace(ticks=tuple((axis.at(mark / 10), f"{10 * mark}%") for mark in marks))


def _log_axis(least: float, most: float) -> Axis:
    axis = Axis(least / 1.25, most * 1.25, is_log=True)
    digits = (1,) if axis.high / axis.low > 60 else (1, 3)
    decades = range(math.floor(math.log10(axis.low)), math.ceil(math.log10(axis.high)) + 1)
    marks = (digit * 10.0**decade for decade in decades for digit in digits)
    return axis.marked(mark for mark in marks if axis.low <= mark <= axis.high)


def _plain_axis(most: float) -> Axis:
    step = 10 ** math.floor(math.log10(max(most, 1.0)))
    step = next(s for s in (step / 5, step / 2, step, step * 2) if most / s <= 5)
    axis = Axis(0.0, step * math.ceil(most / step) or 1.0)
    return axis.marked(step * i for i in range(round(axis.high / step) + 1))


def _placed(dots: Sequence[Dot]) -> tuple[Dot, ...]:
    """Place numbers beside their dots, if possible without covering another dot or number."""
    places = [(dot.x * _NARROW[0] / 100, dot.y * _NARROW[1] / 100) for dot in dots]
    taken: list[tuple[float, float]] = []
    placed: list[Dot] = []
    for dot, place in zip(dots, places, strict=True):
        others = [*(p for p in places if p != place), *taken]
        options = [(_crowd(place, by, others), by) for by in _AROUND]
        _, (dx, dy) = min(options, key=lambda option: option[0])
        taken.append((place[0] + dx, place[1] + dy))
        placed.append(dot._replace(dx=dx, dy=dy))
    return tuple(placed)


_AROUND = tuple(
    (round(reach * math.cos(turn), 1), round(reach * math.sin(turn), 1))
    for reach in (15.0, 24.0, 33.0)
    for turn in (-math.pi / 4, -3 * math.pi / 4, math.pi / 4, 3 * math.pi / 4, 0.0, math.pi)
)


def _crowd(
    place: tuple[float, float], by: tuple[float, float], others: Sequence[tuple[float, float]]
) -> float:
    """How much a number at a place would cover, and how far away it is."""
    x, y = place[0] + by[0], place[1] + by[1]
    covered = sum(max(0.0, _REACH - math.hypot(x - a, y - b)) for a, b in others)
    outside = max(0.0, -x, x - _NARROW[0]) + max(0.0, -y, y - _NARROW[1])
    return covered + outside + math.hypot(*by) / 100
