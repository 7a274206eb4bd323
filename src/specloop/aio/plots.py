"""Figures of evaluations as a picture: a share with its interval for each entrant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from specloop.metrics import in_order, metric_of
from specloop.records import Evaluation, Figure
from specloop.store import write_text
from specloop.terminal import one_line

_LEFT, _TRACK, _ROW, _HEAD = 240, 420, 22, 34
"""Pixels: of the labels, of the range from 0 to 1, of a row, of a heading."""
_COLOURS = ("#4269d0", "#ef7d22", "#3a8f5d", "#a4435a", "#7f6ab5", "#6b6f76")


@dataclass(frozen=True)
class Plot:
    """A picture that a notebook draws by itself."""

    svg: str

    def _repr_svg_(self) -> str:
        return self.svg

    def save(self, path: str | Path) -> Path:
        """Write it as an SVG file; RunStoppedError where that cannot be done."""
        return write_text(Path(path), self.svg)


def plot_of(evaluations: Sequence[Evaluation]) -> Plot:
    """The totals that are shares, a panel each, those of an unmeasured judge too."""
    parts: list[str] = []
    y = 0
    for name in in_order({m.name for one in evaluations for m in one.metrics if _is_shown(m)}):
        parts.append(f'<text x="0" y="{y + 22}" font-weight="600">{_text(_title(name))}</text>')
        y += _HEAD
        for number, evaluation in enumerate(evaluations):
            for figure in (m for m in evaluation.metrics if m.name == name and _is_shown(m)):
                colour = _COLOURS[number % len(_COLOURS)]
                parts += _bar(y + _ROW / 2, evaluation.label, figure, colour)
                y += _ROW
    width = _LEFT + _TRACK + 150
    return Plot(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y + 10}"'
        f' viewBox="0 0 {width} {y + 10}" font-family="system-ui, sans-serif" font-size="13">'
        f'<rect width="100%" height="100%" fill="white"/>{"".join(parts)}</svg>'
    )


def _is_shown(figure: Figure) -> bool:
    return (
        metric_of(figure.name).format == "share" and not figure.group and figure.value is not None
    )


def _title(name: str) -> str:
    metric = metric_of(name)
    better = {"up": ", higher is better", "down": ", lower is better"}.get(metric.better, "")
    return metric.title + better


def _bar(y: float, label: str, figure: Figure, colour: str) -> Iterator[str]:
    """A label, the track, the interval, the value and what it rests on."""
    value = figure.value or 0.0
    low = value if figure.ci_low is None else figure.ci_low
    high = value if figure.ci_high is None else figure.ci_high
    at, left, right = (_LEFT + _TRACK * min(1.0, max(0.0, x)) for x in (value, low, high))
    shown = one_line(label)
    yield f'<text x="0" y="{y + 4}">{_text(shown if len(shown) < 34 else shown[:32] + "…")}</text>'
    yield f'<path d="M{_LEFT} {y}H{_LEFT + _TRACK}" stroke="#ddd"/>'
    yield f'<path d="M{left:.1f} {y}H{right:.1f}" stroke="{colour}" stroke-width="3"/>'
    yield f'<circle cx="{at:.1f}" cy="{y}" r="5" fill="{colour}"/>'
    yield f'<text x="{_LEFT + _TRACK + 12}" y="{y + 4}">{value:.0%} of {figure.n}</text>'


def _text(text: str) -> str:
    return escape(one_line(text))
