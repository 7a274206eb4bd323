"""Write figures in words: values, intervals and differences."""

from __future__ import annotations

from math import exp

from specloop.evaluation.belief_text import corrected_text
from specloop.metrics import Metric, metric_of
from specloop.records import Figure

MINUS = "\u2212"
N_LEVELS = 5


def value_of(figure: Figure | None) -> float | None:
    """A figure's value, if it has been measured."""
    return figure.value if figure else None


def value_text(value: float | None, metric: Metric) -> str:
    """A value with its unit; a dash if there is none."""
    if value is None:
        return "–"
    return _plain(value, metric) + _unit(metric)


def text_of(figure: Figure | None) -> str:
    """A figure's value in words."""
    return value_text(figure.value, metric_of(figure.name)) if figure else "–"


def interval_text(figure: Figure | None) -> str:
    """`41.0–52.3%`; empty if the figure has no interval."""
    if figure is None or figure.ci_low is None or figure.ci_high is None:
        return ""
    metric = metric_of(figure.name)
    return f"{_plain(figure.ci_low, metric)}–{_plain(figure.ci_high, metric)}{_unit(metric)}"


def difference_text(figure: Figure | None) -> str:
    """`+12.0 points`, a plain signed number, or a factor."""
    if figure is None or figure.value is None:
        return "–"
    metric = metric_of(figure.name)
    return _change(figure.value, metric) + (" points" if metric.format == "share" else "")


def difference_interval_text(figure: Figure | None) -> str:
    """`+8.1 to +15.9`; empty if the difference has no interval."""
    if figure is None or figure.ci_low is None or figure.ci_high is None:
        return ""
    metric = metric_of(figure.name)
    return f"{_change(figure.ci_low, metric)} to {_change(figure.ci_high, metric)}"


def corrected_value_text(figure: Figure | None) -> str:
    """A figure, or a difference, without the judge's errors, or why there is none; empty if no
    judge decided it or it is never corrected."""
    if figure is None:
        return ""
    form = "+.1%" if figure.p_value is not None else ".1%"
    return corrected_text(figure.corrected, form)


def bounds_text(figure: Figure) -> str:
    """The range that unscored cases leave open; empty if every case was scored."""
    if not figure.n_unscored or figure.bound_low is None or figure.bound_high is None:
        return ""
    metric = metric_of(figure.name)
    return f"{value_text(figure.bound_low, metric)} to {value_text(figure.bound_high, metric)}"


def p_text(p: float | None) -> str:
    """A corrected p-value in words."""
    if p is None:
        return ""
    return "Holm p < 0.001" if p < 0.001 else f"Holm p {p:.3f}" if p < 0.1 else f"Holm p {p:.2f}"


def level_of(figure: Figure | None) -> int | None:
    """A share in fifths, 0 lowest, for its colour; None if there is none."""
    if figure is None or figure.value is None or metric_of(figure.name).format != "share":
        return None
    return min(N_LEVELS - 1, max(0, int(figure.value * N_LEVELS)))


def _plain(value: float, metric: Metric) -> str:
    return f"{100 * value:.1f}" if metric.format == "share" else _number(value)


def _unit(metric: Metric) -> str:
    return "%" if metric.format == "share" else ""


def _change(value: float, metric: Metric) -> str:
    if metric.format == "ratio":
        return f"×{exp(value):.2f}"
    text = _plain(abs(value), metric)
    if not float(text.replace(",", "")):
        return text
    return (MINUS if value < 0 else "+") + text


def _number(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
