"""Metrics: what is measured of an entrant's answers. One file a metric.

What a metric is called, which way it is better and how it is written stands with it alone: tables,
pages and docs read it from here. What metrics share is in `measuring`.
"""

from specloop.measuring.base import AnswerMetric as AnswerMetric
from specloop.measuring.base import Cases as Cases
from specloop.measuring.base import EndShare as EndShare
from specloop.measuring.base import Metric as Metric
from specloop.measuring.base import answer_metrics as answer_metrics
from specloop.measuring.base import cases_in as cases_in
from specloop.measuring.base import every_metric as every_metric
from specloop.measuring.base import in_order as in_order
from specloop.measuring.base import measurable as measurable
from specloop.measuring.base import metric_of as metric_of
from specloop.measuring.base import metrics as metrics
from specloop.measuring.base import title_of as title_of
