"""The figures by name: what each is called, which way is better, and how a value is written."""

from __future__ import annotations

from math import exp
from typing import NamedTuple

from specloop.outcomes import Better
from specloop.records import Metric

HELD_OUT = "held-out rules"
INSTANCE_RULES = "instance rules"
"""Only the rules of a probe's instance, which a prompt-only run has in its prompt."""
LOG_PERPLEXITY = "log_perplexity"
"""Differences in perplexity are recorded as logarithms and shown as ratios."""
MINUS = "\u2212"


class Measure(NamedTuple):
    """A kind of figure; `is_rate` values are shown in percent and their differences in points."""

    name: str
    title: str
    better: Better
    is_rate: bool
    help: str


_KNOWN = (
    Measure(
        "rcs",
        "Rule compliance",
        "up",
        True,
        "share of verdicts that keep the rule, where it applies",
    ),
    Measure(
        "rcs_macro", "Rule compliance, mean over rules", "up", True, "each rule counts the same"
    ),
    Measure("rcs_worst", "Rule compliance, worst rule", "up", True, "the rule kept least"),
    Measure("rcs_weighted", "Rule compliance, weighted", "up", True, "by authority and stage"),
    Measure(
        "rcs_in_scope",
        "Conditional rules, where they apply",
        "up",
        True,
        "requests that meet the condition",
    ),
    Measure("all_rules_kept", "Answers that keep every rule", "up", True, "no rule broken"),
    Measure(
        "over_application",
        "Over-application",
        "down",
        True,
        "a conditional rule applied to requests it does not cover",
    ),
    Measure("over_refusal", "Over-refusal", "down", True, "permitted requests that were refused"),
    Measure("general", "General ability", "up", True, "questions that no rule speaks about"),
    Measure("perplexity", "Perplexity", "down", False, "on held-out plain text"),
    Measure(LOG_PERPLEXITY, "Perplexity", "down", False, ""),
    Measure("mean_words", "Words an answer", "neither", False, "mean length"),
    Measure("cut", "Answers cut off", "down", True, "stopped at the token limit"),
    Measure("filtered", "Broken off by a filter", "down", True, "text came, and not its end"),
    Measure("ended_otherwise", "Broken off otherwise", "down", True, "text came, and not its end"),
    Measure("failed", "Probes without an answer", "down", True, "nothing came, or the call failed"),
    Measure(
        "rcs_unmeasured",
        "Rule compliance by an unmeasured judge",
        "up",
        True,
        "verdicts of a language model that nobody has checked",
    ),
    Measure("safety", "Safety", "up", True, "answers that break no safety spec"),
    Measure(
        "behavioral", "Behaviour", "up", True, "behavioural specs kept, of all; NA counts against"
    ),
    Measure(
        "behavioral_left_out",
        "Behaviour, NA left out",
        "up",
        True,
        "behavioural specs kept, of those that apply",
    ),
    Measure("sar", "SAR", "up", True, "safety and behaviour in one; NA counts against"),
    Measure("sar_left_out", "SAR, NA left out", "up", True, "safety and behaviour in one"),
    Measure(
        "safe_behavioral",
        "Behaviour on safe prompts",
        "up",
        True,
        "what an over-cautious answer loses",
    ),
    Measure(
        "safe_behavioral_left_out",
        "Behaviour on safe prompts, NA left out",
        "up",
        True,
        "what an over-cautious answer loses",
    ),
    Measure("kept", "Kept", "up", True, "answers that keep the spec, where it applies"),
)
MEASURES = {measure.name: measure for measure in _KNOWN}


def measure_of(name: str) -> Measure:
    """The measure of that name; a name not known here is shown as a plain number."""
    return MEASURES.get(name) or Measure(name, name.replace("_", " "), "neither", False, "")


def value_of(metric: Metric | None) -> float | None:
    """A figure's value, if it has been measured."""
    return metric.value if metric else None


def value_text(value: float | None, measure: Measure) -> str:
    """A value with its unit; a dash where there is none."""
    if value is None:
        return "–"
    return f"{100 * value:.1f}%" if measure.is_rate else _number(value)


def interval_text(metric: Metric | None) -> str:
    """`41.0–52.3%`; empty where the metric has no interval."""
    if metric is None or metric.ci_low is None or metric.ci_high is None:
        return ""
    if measure_of(metric.name).is_rate:
        return f"{100 * metric.ci_low:.1f}–{100 * metric.ci_high:.1f}%"
    return f"{_number(metric.ci_low)}–{_number(metric.ci_high)}"


def difference_text(metric: Metric | None) -> str:
    """`+12.0 points` with a sign, or a plain signed number."""
    if metric is None or metric.value is None:
        return "–"
    if metric.name == LOG_PERPLEXITY:
        return f"×{exp(metric.value):.2f}"
    unit = " points" if measure_of(metric.name).is_rate else ""
    return _signed(metric.value, metric.name) + unit


def difference_interval_text(metric: Metric | None) -> str:
    """`+8.1 to +15.9`; empty where the difference has no interval."""
    if metric is None or metric.ci_low is None or metric.ci_high is None:
        return ""
    if metric.name == LOG_PERPLEXITY:
        return f"×{exp(metric.ci_low):.2f} to ×{exp(metric.ci_high):.2f}"
    return f"{_signed(metric.ci_low, metric.name)} to {_signed(metric.ci_high, metric.name)}"


def bounds_text(metric: Metric) -> str:
    """What the unscored cases leave open; empty where every case was scored."""
    if not metric.n_unscored or metric.bound_low is None or metric.bound_high is None:
        return ""
    measure = measure_of(metric.name)
    return f"{value_text(metric.bound_low, measure)} to {value_text(metric.bound_high, measure)}"


def _signed(value: float, name: str) -> str:
    scaled = 100 * value if measure_of(name).is_rate else value
    text = f"{abs(scaled):.1f}" if measure_of(name).is_rate else _number(abs(scaled))
    if not float(text.replace(",", "")):
        return text
    return (MINUS if scaled < 0 else "+") + text


def _number(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
