"""Write figures in words: values, intervals and differences."""

from __future__ import annotations

from math import exp

from specloop.metrics import Metric, metric_of
from specloop.records import Figure

MINUS = "\u2212"


def value_of(figure: Figure | None) -> float | None:
    """A figure's value, if it has been measured."""
    return figure.value if figure else None


def value_text(value: float | None, metric: Metric) -> str:
    """A value with its unit; a dash if there is none."""
    if value is None:
        return "–"
    return f"{100 * value:.1f}%" if metric.format == "share" else _number(value)


def interval_text(figure: Figure | None) -> str:
    """`41.0–52.3%`; empty if the figure has no interval."""
    if figure is None or figure.ci_low is None or figure.ci_high is None:
        return ""
    if metric_of(figure.name).format == "share":
        return f"{100 * figure.ci_low:.1f}–{100 * figure.ci_high:.1f}%"
    return f"{_number(figure.ci_low)}–{_number(figure.ci_high)}"


def difference_text(figure: Figure | None) -> str:
    """`+12.0 points`, a plain signed number, or a factor."""
    if figure is None or figure.value is None:
        return "–"
    kind = metric_of(figure.name).format
    if kind == "ratio":
        return f"×{exp(figure.value):.2f}"
    unit = " points" if kind == "share" else ""
    return _signed(figure.value, figure.name) + unit


def difference_interval_text(figure: Figure | None) -> str:
    """`+8.1 to +15.9`; empty if the difference has no interval."""
    if figure is None or figure.ci_low is None or figure.ci_high is None:
        return ""
    if metric_of(figure.name).format == "ratio":
        return f"×{exp(figure.ci_low):.2f} to ×{exp(figure.ci_high):.2f}"
    return f"{_signed(figure.ci_low, figure.name)} to {_signed(figure.ci_high, figure.name)}"


def bounds_text(figure: Figure) -> str:
    """The range that unscored cases leave open; empty if every case was scored."""
    if not figure.n_unscored or figure.bound_low is None or figure.bound_high is None:
        return ""
    metric = metric_of(figure.name)
    return f"{value_text(figure.bound_low, metric)} to {value_text(figure.bound_high, metric)}"


def _signed(value: float, name: str) -> str:
    is_share = metric_of(name).format == "share"
    scaled = 100 * value if is_share else value
    text = f"{abs(scaled):.1f}" if is_share else _number(abs(scaled))
    if not float(text.replace(",", "")):
        return text
    return (MINUS if scaled < 0 else "+") + text


def _number(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
