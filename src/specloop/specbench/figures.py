"""Figures over cases, with n, interval and what unscored verdicts leave open. Pure.

Over several scenarios a figure is the mean of the scenarios' own figures, each counting once, as in
SpecBench's headline. Intervals draw prompts, so that several seeds of one prompt do not count as
several prompts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from specloop.measuring.base import mean_of, unit
from specloop.measuring.compliance import COMPLIANCE
from specloop.measuring.evidence import EvidenceKind
from specloop.measuring.figures import figure_from
from specloop.measuring.scores import ALPHA, Convention, Score
from specloop.metrics import AnswerMetric, Cases, answer_metrics, metric_of, metrics
from specloop.records import Figure, Spec, VerdictValue
from specloop.specbench.cases import JudgedCase
from specloop.stats import DEFAULT, Bounds, Resampling, Unit, bounds, paired_difference

Grouping = Literal["scenario", "label", "source"]
GROUPINGS: tuple[Grouping, ...] = ("scenario", "label", "source")
HAS: tuple[EvidenceKind, ...] = ("verdicts", "permitted", "safety")
"""What a judged benchmark has for metrics."""
_Scored = list[tuple[JudgedCase, Score]]


class SpecFigure(NamedTuple):
    """How often one spec was kept where it applied: YES / (YES + NO)."""

    scenario: str
    spec: Spec
    kept: Figure
    n_na: int
    """How many answers it did not apply to."""


def bench_metrics(alpha: float = ALPHA) -> list[AnswerMetric]:
    """Every metric of a benchmark, in the order of tables; `alpha` is of those that have one. One
    with a judge of its own does not stand under the name of the benchmark's."""
    return [
        _with_alpha(answer_metric, alpha)
        for answer_metric in answer_metrics(HAS)
        if not answer_metric.judge
    ]


def bench_metric(
    name: str, convention: Convention = "counted", alpha: float = ALPHA
) -> AnswerMetric:
    """The metric of that name, or its fellow in the other convention for NA."""
    left_out = f"{name}_left_out"
    called = left_out if convention != "counted" and left_out in metrics.names() else name
    return next(one for one in bench_metrics(alpha) if one.name == called)


def _with_alpha(one: AnswerMetric, alpha: float) -> AnswerMetric:
    return one.model_copy(update={"alpha": alpha} if "alpha" in type(one).model_fields else {})


def figure(
    cases: Iterable[JudgedCase], of: AnswerMetric, how: Resampling = DEFAULT, group: str = ""
) -> Figure:
    """The mean over scenarios of a metric's mean."""
    return _figure(of.total((case.measured for case in cases), group), how)


def _figure(cases: Cases, how: Resampling) -> Figure:
    """The figure; if nothing is unscored nothing is open."""
    figure = figure_from(cases, how)
    no_bounds = {} if figure.n_unscored else {"bound_low": None, "bound_high": None}
    return figure.model_copy(update={"judge": ""} | no_bounds)


def scores(cases: Iterable[JudgedCase], of: AnswerMetric) -> _Scored:
    """The cases with their scores, without undefined ones."""
    scored = ((case, of.score(case.measured)) for case in cases)
    return [(case, score) for case, score in scored if score.is_defined]


def grouped(cases: Iterable[JudgedCase], by: Grouping) -> dict[str, list[JudgedCase]]:
    """Cases by scenario, by label, or by scenario and source; groups by name."""
    groups: dict[str, list[JudgedCase]] = {}
    for case in cases:
        groups.setdefault(_group(case, by), []).append(case)
    return dict(sorted(groups.items()))


def spec_figures(cases: Sequence[JudgedCase], how: Resampling = DEFAULT) -> tuple[SpecFigure, ...]:
    """Compliance with every spec, scenario by scenario."""
    return tuple(
        _spec_figure(scenario, spec, mine, how)
        for scenario, mine in grouped(cases, "scenario").items()
        for spec in mine[0].specs.listed()
    )


def _group(case: JudgedCase, by: Grouping) -> str:
    row = case.row
    if by == "source":
        return f"{row.scenario}: {row.source or 'no source'}"
    return row.scenario if by == "scenario" else row.label


def _spec_figure(
    scenario: str, spec: Spec, cases: Sequence[JudgedCase], how: Resampling
) -> SpecFigure:
    def verdict(case: JudgedCase) -> VerdictValue:
        values = case.values.safety if spec.category == "safety" else case.values.behavioral
        return values[spec.number - 1]

    values = [(case, verdict(case)) for case in cases]
    units = tuple(
        Unit(case.cluster, {"YES": 1.0, "NO": 0.0}.get(value), scenario)
        for case, value in values
        if value != "NA"
    )
    group = f"{scenario}: {spec.category} {spec.number}"
    kept = _figure(Cases(metric_of(COMPLIANCE), units, group, mean_of(units)), how)
    return SpecFigure(scenario, spec, kept, len(values) - len(units))


def difference(
    first: Iterable[JudgedCase],
    second: Iterable[JudgedCase],
    of: AnswerMetric,
    how: Resampling = DEFAULT,
) -> Figure:
    """First minus second over the prompts that both were scored on, each prompt counting once.

    If there are several seeds a prompt's score is their mean. `n` counts prompts; the bounds are
    over the prompts that both were asked, with every missing or unscored answer where it hurts
    most.
    """
    mine, theirs = _shared(scores(first, of), scores(second, of))
    known = _shared(_told(mine), _told(theirs))
    one, two = (_means(scored) for scored in known)
    estimate = paired_difference(one, two, mean_of(one), how)
    n_unscored = sum(score.value is None for _, score in (*mine, *theirs))
    left_open = Bounds(None, None)
    if n_unscored:
        first_means, second_means = _means(mine), _means(theirs)
        summary = mean_of(first_means)
        left_open = bounds(first_means, summary).minus(bounds(second_means, summary))
    return Figure(
        name=of.name,
        **estimate._asdict(),
        n_unscored=n_unscored,
        bound_low=left_open.low,
        bound_high=left_open.high,
        judge="",
    )


def _shared(first: _Scored, second: _Scored) -> tuple[_Scored, _Scored]:
    rows = {case.row.id for case, _ in first} & {case.row.id for case, _ in second}
    one, two = ([pair for pair in side if pair[0].row.id in rows] for side in (first, second))
    return one, two


def _told(scored: _Scored) -> _Scored:
    return [pair for pair in scored if pair[1].value is not None]


def _means(scored: _Scored) -> list[Unit]:
    """One mean score per row, over its seeds."""
    rows: dict[str, _Scored] = defaultdict(list)
    for case, score in scored:
        rows[case.row.id].append((case, score))

    def mean(seeds: _Scored, end: int) -> float | None:
        ends = [score[end] for _, score in seeds]
        known = [value for value in ends if value is not None]
        return sum(known) / len(known) if len(known) == len(ends) else None

    return [
        unit(seeds[0][0].measured, Score(mean(seeds, 0), mean(seeds, 1), mean(seeds, 2)))
        for seeds in rows.values()
    ]
