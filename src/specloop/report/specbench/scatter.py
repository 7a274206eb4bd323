"""The geometry of the frontier's plots: places in percent, which fit any width while text keeps its
size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from specloop.measuring.scores import CONVENTIONS
from specloop.metrics import metric_of
from specloop.records import Figure
from specloop.report.figure_text import interval_text, value_text
from specloop.report.specbench.grids import Na
from specloop.specbench.comparison import BenchComparison, points, token_lines, totals
from specloop.specbench.figures import bench_metric
from specloop.specbench.frontier import Point, Way

_NARROW = (280.0, 300.0)
"""Pixels of the smallest plot: what does not collide there collides in no plot."""
_REACH = 12.0
_LOG_FROM = 8.0
"""From this ratio of the largest to the smallest value on, tokens have a logarithmic axis."""


class Tick(NamedTuple):
    """A mark on an axis."""

    at: str
    text: str


class Axis(NamedTuple):
    """The scale of one side of a plot."""

    low: float
    high: float
    is_log: bool
    ticks: tuple[Tick, ...]

    def at(self, value: float) -> float:
        """The place of a value, in percent from the low end."""
        low, high, x = self.low, self.high, max(self.low, min(self.high, value))
        if self.is_log:
            low, high, x = math.log(low), math.log(high), math.log(x)
        return 100 * (x - low) / (high - low)


class Dot(NamedTuple):
    """One entrant: its place, its interval's ends and the offset of its number in pixels."""

    number: str
    label: str
    x: str
    y: str
    left: str
    right: str
    top: str
    bottom: str
    on_frontier: bool
    dx: float
    dy: float
    x_text: str
    y_text: str


class Link(NamedTuple):
    """A piece of the line through the frontier."""

    x1: str
    y1: str
    x2: str
    y2: str


class Scatter(NamedTuple):
    """One plot."""

    title: str
    note: str
    kind: str
    """The control that shows it: empty for always, otherwise `paper` or `billed`."""
    na: Na
    x_title: str
    y_title: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    dots: tuple[Dot, ...]
    links: tuple[Link, ...]


class _Plan(NamedTuple):
    title: str
    note: str
    kind: str
    na: Na
    x_title: str
    y_title: str
    x_better: Way


def scatters(comparison: BenchComparison) -> tuple[Scatter, ...]:
    """Safety against behaviour, and SAR against tokens, in both conventions for NA."""
    taken = token_lines(comparison)
    plots: list[Scatter] = []
    for convention in CONVENTIONS:
        na: Na = "na-counted" if convention == "counted" else "na-left-out"
        safety, behaves, sar = (
            totals(comparison, bench_metric(name, convention, comparison.options.alpha))
            for name in ("safety", "behavioral", "sar")
        )
        plan = _Plan(
            "Safety against behaviour",
            "Up and to the right is better.",
            "",
            na,
            "behaviour",
            "safety",
            "up",
        )
        plots.append(_scatter(comparison, plan, behaves, safety))
        for kind, title, amounts in (
            ("paper", "tokens an answer, as papers count", [t.paper for t in taken]),
            ("billed", "tokens an answer, as billed", [t.billed for t in taken]),
        ):
            plan = _Plan(
                "SAR against tokens",
                "Up and to the left is better.",
                kind,
                na,
                title,
                "SAR",
                "down",
            )
            plots.append(_scatter(comparison, plan, amounts, sar))
    return tuple(plot for plot in plots if plot.dots)


def _scatter(
    comparison: BenchComparison, plan: _Plan, x: Sequence[Figure], y: Sequence[Figure]
) -> Scatter:
    plotted = points(comparison, x, y, plan.x_better)
    axes = _axis([p.x for p in plotted]), _axis([p.y for p in plotted])
    labels = {str(result.number): result.label for result in comparison.results}
    dots = _placed([_dot(point, labels[point.name], axes) for point in plotted])
    line = sorted((d for d in dots if d.on_frontier), key=lambda d: (_percent(d.x), _percent(d.y)))
    links = [Link(a.x, a.y, b.x, b.y) for a, b in pairwise(line)]
    flipped = tuple(tick._replace(at=_text(100 - _percent(tick.at))) for tick in axes[1].ticks)
    return Scatter(
        plan.title,
        plan.note,
        plan.kind,
        plan.na,
        plan.x_title + (", log scale" if axes[0].is_log else ""),
        plan.y_title,
        axes[0].ticks,
        flipped,
        dots,
        tuple(links),
    )


def _dot(point: Point, label: str, axes: tuple[Axis, Axis]) -> Dot:
    x, y = axes
    left, right = (x.at(end) for end in _ends(point.x))
    bottom, top = (100 - y.at(end) for end in _ends(point.y))
    return Dot(
        number=point.name,
        label=label,
        x=_text(x.at(point.x.value or 0.0)),
        y=_text(100 - y.at(point.y.value or 0.0)),
        left=_text(left),
        right=_text(right),
        top=_text(top),
        bottom=_text(bottom),
        on_frontier=point.on_frontier,
        dx=0.0,
        dy=0.0,
        x_text=_told(point.x),
        y_text=_told(point.y),
    )


def _told(figure: Figure) -> str:
    value, interval = value_text(figure.value, metric_of(figure.name)), interval_text(figure)
    return f"{value} ({interval})" if interval else value


def _ends(figure: Figure) -> tuple[float, float]:
    value = figure.value or 0.0
    low, high = figure.ci_low, figure.ci_high
    return value if low is None else low, value if high is None else high


def _axis(figures: Sequence[Figure]) -> Axis:
    ends = [end for figure in figures for end in _ends(figure)]
    if not ends:
        return Axis(0.0, 1.0, False, ())
    if metric_of(figures[0].name).format == "share":
        return _rate_axis(min(ends), max(ends))
    if min(ends) > 0 and max(ends) / min(ends) >= _LOG_FROM:
        return _log_axis(min(ends), max(ends))
    return _plain_axis(max(ends))


def _rate_axis(least: float, most: float) -> Axis:
    low, high = math.floor(least * 10 + 1e-9), math.ceil(most * 10 - 1e-9)
    high = max(high, low + 1)
    step = 1 if high - low <= 5 else 2
    marks = [i for i in range(low, high + 1) if (i - low) % step == 0]
    ticks = (Tick(_text(100 * (i - low) / (high - low)), f"{10 * i}%") for i in marks)
    return Axis(low / 10, high / 10, False, tuple(ticks))


def _log_axis(least: float, most: float) -> Axis:
    low, high = least / 1.25, most * 1.25
    axis = Axis(low, high, True, ())
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    wide = high / low > 60
    marks = [
        m * 10.0**d
        for d in decades
        for m in ((1,) if wide else (1, 3))
        if low <= m * 10.0**d <= high
    ]
    return axis._replace(ticks=tuple(Tick(_text(axis.at(m)), f"{m:,.0f}") for m in marks))


def _plain_axis(most: float) -> Axis:
    step = 10 ** math.floor(math.log10(max(most, 1.0)))
    step = next(s for s in (step / 5, step / 2, step, step * 2) if most / s <= 5)
    high = step * math.ceil(most / step) or 1.0
    marks = [step * i for i in range(round(high / step) + 1)]
    return Axis(0.0, high, False, tuple(Tick(_text(100 * m / high), f"{m:,.0f}") for m in marks))


def _placed(dots: Sequence[Dot]) -> tuple[Dot, ...]:
    """Place numbers beside their dots, if possible without covering another dot or number."""
    places = [(_pixels(d.x, 0), _pixels(d.y, 1)) for d in dots]
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


def _pixels(at: str, side: int) -> float:
    return _percent(at) * _NARROW[side] / 100


def _percent(at: str) -> float:
    return float(at.rstrip("%"))


def _text(percent: float) -> str:
    return f"{percent:.2f}%"
