"""Evaluations side by side: what their differences say, together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from specloop.metrics import measure_of
from specloop.outcomes import settled
from specloop.records import Evaluation, Metric

_Figure = tuple[str, str, str, str]


def compared(evaluations: Sequence[Evaluation], confidence: float) -> list[Evaluation]:
    """The evaluations with the outcomes of their differences: p-values are corrected for all
    comparisons of a figure on the same benchmark."""
    families: dict[_Figure, list[Metric]] = {}
    for evaluation in evaluations:
        for difference in evaluation.differences:
            families.setdefault(_figure(evaluation, difference), []).append(difference)
    told = {
        figure: iter(settled(family, measure_of(figure[1]).better, confidence))
        for figure, family in families.items()
    }

    def with_outcomes(evaluation: Evaluation) -> Evaluation:
        own = tuple(
            next(told[_figure(evaluation, difference)]) for difference in evaluation.differences
        )
        return evaluation.model_copy(update={"differences": own})

    return [with_outcomes(one) for one in evaluations]


def beside(difference: Metric, others: Iterable[Metric], confidence: float) -> Metric:
    """A further comparison of a figure with its outcome, corrected for the others as well."""
    return settled([*others, difference], measure_of(difference.name).better, confidence)[-1]


def _figure(evaluation: Evaluation, difference: Metric) -> _Figure:
    return evaluation.benchmark, difference.name, difference.group, difference.judge
