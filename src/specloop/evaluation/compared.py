"""Evaluations side by side: what their differences say, together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from specloop.metrics import metric_of
from specloop.outcomes import settled
from specloop.records import Evaluation, Figure

_FigureKey = tuple[str, str, str, str]


def compared(evaluations: Sequence[Evaluation], confidence: float) -> list[Evaluation]:
    """The evaluations with the outcomes of their differences: p-values are corrected for all
    comparisons of a figure on the same benchmark."""
    families: dict[_FigureKey, list[Figure]] = {}
    for evaluation in evaluations:
        for difference in evaluation.differences:
            families.setdefault(_figure(evaluation, difference), []).append(difference)
    told = {
        figure: iter(settled(family, metric_of(figure[1]).better, confidence))
        for figure, family in families.items()
    }

    def with_outcomes(evaluation: Evaluation) -> Evaluation:
        own = tuple(
            next(told[_figure(evaluation, difference)]) for difference in evaluation.differences
        )
        return evaluation.model_copy(update={"differences": own})

    return [with_outcomes(one) for one in evaluations]


def beside(difference: Figure, others: Iterable[Figure], confidence: float) -> Figure:
    """A further comparison of a figure with its outcome, corrected for the others as well."""
    return settled([*others, difference], metric_of(difference.name).better, confidence)[-1]


def _figure(evaluation: Evaluation, difference: Figure) -> _FigureKey:
    return evaluation.benchmark, difference.name, difference.group, difference.judge
