"""Metrics: what is measured of an entrant's answers. One file a metric.

What a metric is called, which way it is better and how it is written stands with it alone: tables,
pages and docs read it from here. What metrics share is in `measuring`.
"""

from specloop.measuring.base import (
    AnswerMetric,
    Cases,
    EndShare,
    Metric,
    answer_metrics,
    cases_in,
    every_metric,
    in_order,
    measurable,
    metric_of,
    metrics,
    title_of,
)

__all__ = [
    "AnswerMetric",
    "Cases",
    "EndShare",
    "Metric",
    "answer_metrics",
    "cases_in",
    "every_metric",
    "in_order",
    "measurable",
    "metric_of",
    "metrics",
    "title_of",
]
