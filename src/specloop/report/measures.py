"""Write figures in words: values, intervals and differences."""

from __future__ import annotations

from math import exp

from specloop.metrics import Measure, measure_of
from specloop.records import Metric

MINUS = "\u2212"


def value_of(metric: Metric | None) -> float | None:
    """A figure's value, if it has been measured."""
    return metric.value if metric else None


def value_text(value: float | None, measure: Measure) -> str:
    """A value with its unit; a dash if there is none."""
    if value is None:
        return "–"
    return f"{100 * value:.1f}%" if measure.format == "share" else _number(value)


def interval_text(metric: Metric | None) -> str:
    """`41.0–52.3%`; empty if the metric has no interval."""
    if metric is None or metric.ci_low is None or metric.ci_high is None:
        return ""
    if measure_of(metric.name).format == "share":
        return f"{100 * metric.ci_low:.1f}–{100 * metric.ci_high:.1f}%"
    return f"{_number(metric.ci_low)}–{_number(metric.ci_high)}"


def difference_text(metric: Metric | None) -> str:
    """`+12.0 points`, a plain signed number, or a factor."""
    if metric is None or metric.value is None:
        return "–"
    kind = measure_of(metric.name).format
    if kind == "ratio":
        return f"×{exp(metric.value):.2f}"
    unit = " points" if kind == "share" else ""
    return _signed(metric.value, metric.name) + unit


def difference_interval_text(metric: Metric | None) -> str:
    """`+8.1 to +15.9`; empty if the difference has no interval."""
    if metric is None or metric.ci_low is None or metric.ci_high is None:
        return ""
    if measure_of(metric.name).format == "ratio":
        return f"×{exp(metric.ci_low):.2f} to ×{exp(metric.ci_high):.2f}"
    return f"{_signed(metric.ci_low, metric.name)} to {_signed(metric.ci_high, metric.name)}"


def bounds_text(metric: Metric) -> str:
    """The range that unscored cases leave open; empty if every case was scored."""
    if not metric.n_unscored or metric.bound_low is None or metric.bound_high is None:
        return ""
    measure = measure_of(metric.name)
    return f"{value_text(metric.bound_low, measure)} to {value_text(metric.bound_high, measure)}"


def _signed(value: float, name: str) -> str:
    is_share = measure_of(name).format == "share"
    scaled = 100 * value if is_share else value
    text = f"{abs(scaled):.1f}" if is_share else _number(abs(scaled))
    if not float(text.replace(",", "")):
        return text
    return (MINUS if scaled < 0 else "+") + text


def _number(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
