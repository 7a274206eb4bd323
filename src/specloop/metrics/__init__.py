"""Metrics: what is measured of an entrant's answers. One file a metric.

What a metric is called, which way it is better and how it is written stands with it alone: tables,
pages and docs read it from here. What metrics share is in `measuring`.
"""

from specloop.measuring.base import (
    AnswerMeasure,
    Cases,
    EndShare,
    Measure,
    answer_metrics,
    cases_in,
    every_metric,
    in_order,
    measurable,
    measure_of,
    metrics,
    title_of,
)

__all__ = [
    "AnswerMeasure",
    "Cases",
    "EndShare",
    "Measure",
    "answer_metrics",
    "cases_in",
    "every_metric",
    "in_order",
    "measurable",
    "measure_of",
    "metrics",
    "title_of",
]
