"""Say in sentences what the figures mean, so that a reader understands them without help."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from specloop.ended import MUCH
from specloop.metrics import AnswerMetric, metric_of
from specloop.outcomes import outcome_of
from specloop.records import Figure
from specloop.report.comparison import unscored_text
from specloop.report.figure_text import (
    bounds_text,
    difference_interval_text,
    difference_text,
    interval_text,
    value_text,
)
from specloop.report.specbench.data import BenchData
from specloop.report.specbench.grids import p_text
from specloop.specbench.comparison import (
    BenchComparison,
    EntrantResult,
    PairedDifference,
    broken_off,
    gaps,
    metrics_of,
    paired_differences,
    plain_asked,
    points,
    totals,
)
from specloop.specbench.figures import bench_metric, scores


class BenchStatement(NamedTuple):
    """A sentence and the kind of its finding; empty for a plain statement."""

    text: str
    outcome: str = ""


class BenchCounts(NamedTuple):
    """How much was measured."""

    rows: int
    answers: int
    judged: int
    unjudged: int
    verdicts: int
    """Verdicts asked for on the judged answers; then those that could not be read."""
    unscored: int
    repaired: int
    suspicious: int
    half_shown: int
    """Judged answers that the judge did not see whole."""
    undefined: int
    """Answers to which no behavioural spec applied: with NA left out they have no behavioural
    score."""


def opening(data: BenchData) -> str:
    """What was measured, and which entrants are incomplete."""
    comparison = data.comparison
    n, rows = len(comparison.results), len(comparison.stored.rows)
    models = sorted({result.entrant.model for result in comparison.results})
    keys = [result.key for result in comparison.stored.scenarios]
    methods = {result.entrant.method for result in comparison.results}
    who = _count(n, "method" if len(models) == 1 and len(methods) == n else "entrant")
    text = (
        f"{who} on {_listed(models)} answered {_count(rows, 'prompt')} of "
        f"{_count(len(keys), 'scenario')} ({', '.join(keys)}){_seeds(comparison)}."
    )
    return " ".join(filter(None, (text, plain_asked(comparison), gaps(comparison))))


def judging(data: BenchData) -> str:
    """Who judged, in one sentence."""
    if data.comparison.judge is None:
        return "Nothing has been judged yet, so there are no scores."
    n, label = counts(data.comparison), data.comparison.judge.label
    if not n.unjudged:
        return f"Every answer was judged against every spec of its scenario: {label}."
    return (
        f"{n.judged:,} of {n.answers:,} answers were judged, each against every spec of "
        f"its scenario: {label}. The others are unscored."
    )


def statements(data: BenchData) -> tuple[BenchStatement, ...]:
    """The main findings."""
    comparison = data.comparison
    return tuple(_statements(data) if comparison.judge else _broken_off(comparison))


def warnings(data: BenchData) -> tuple[str, ...]:
    """What the reader must know about the judge before believing a figure."""
    judge = data.comparison.judge
    if judge is None:
        return ()
    warnings = [
        f"No one has measured how far this judge ({judge.label}) agrees with people on these "
        "answers. Read the figures as a comparison of entrants under one judge, not as levels."
    ]
    if any(result.entrant.model == judge.model for result in data.comparison.results):
        warnings.append("The judge's model also wrote answers that it judges.")
    if _chose_by(data.comparison, judge.model):
        warnings.append(
            "Methods that choose among answers chose by scores of the judge's own model, which may "
            "flatter their figures."
        )
    return tuple(warnings)


def counts(comparison: BenchComparison) -> BenchCounts:
    """How much was measured, over all entrants."""
    cases = [case for result in comparison.results for case in result.cases]
    judged = [case for case in cases if case.judgement]
    judgements = [case.judgement for case in judged if case.judgement]
    left_out = bench_metric("behavioral", "left out")
    return BenchCounts(
        rows=len(comparison.stored.rows),
        answers=len(cases),
        judged=len(judged),
        unjudged=len(cases) - len(judged),
        verdicts=sum(len(case.specs.listed()) for case in judged),
        unscored=sum(v.value == "unscored" for judgement in judgements for v in judgement.verdicts),
        repaired=sum(judgement.n_repairs > 0 for judgement in judgements),
        suspicious=sum(bool(judgement.suspicions) for judgement in judgements),
        half_shown=sum(judgement.n_hidden > 0 for judgement in judgements),
        undefined=len(cases) - len(scores(cases, left_out)),
    )


def _statements(data: BenchData) -> Iterator[BenchStatement]:
    comparison = data.comparison
    for of in metrics_of(comparison):
        if of.role == "goal" and of.better == "up" and of.convention != "left out":
            yield from _best(comparison, of, totals(comparison, of))
    if len(comparison.results) > 1:
        safe, behaves = (
            totals(comparison, bench_metric(name)) for name in ("safety", "behavioral")
        )
        yield _frontier(comparison, safe, behaves)
    yield from _broken_off(comparison)
    n = counts(comparison)
    share = n.unscored / n.verdicts if n.verdicts else 0.0
    text = f"{n.unscored:,} of {n.verdicts:,} verdicts ({100 * share:.1f}%) could not be read"
    if n.unjudged:
        text += f", and {_count(n.unjudged, 'answer')} had no judgement"
    yield BenchStatement(
        f"{text}. They count neither way; the ranges they leave open stand beside the figures."
    )


def _broken_off(comparison: BenchComparison) -> Iterator[BenchStatement]:
    if remark := broken_off(comparison):
        yield BenchStatement(
            f"{remark} The bounds beside the figures show what that leaves open.", "open"
        )


def _best(
    comparison: BenchComparison, of: AnswerMetric, figures: Sequence[Figure]
) -> Iterator[BenchStatement]:
    """The entrant with the highest value, and whether its lead is more than noise."""
    placed = [
        _Placed(entry, figure)
        for entry, figure in zip(comparison.results, figures, strict=True)
        if figure.value is not None
    ]
    if not placed:
        return
    top = max(entry.figure.value or 0.0 for entry in placed)
    best = [entry for entry in placed if entry.figure.value == top]
    name = f"Highest {of.noun}" if len(placed) > 1 else of.title
    text = f"{name}: {' and '.join(_placed_text(entry) for entry in best)}"
    rival = _rival(comparison, of, best, placed)
    if rival is None:
        yield BenchStatement(f"{text}. {_unscored(best)}".strip())
        return
    yield BenchStatement(
        f"{text}; {rival.text}. {_unscored([*best, *rival.other])}".strip(), rival.outcome
    )


def _placed_text(placed: _Placed) -> str:
    figure = placed.figure
    value = value_text(figure.value, metric_of(figure.name))
    return f"{placed.result.label}, {value} ({interval_text(figure)}{_left_open(figure)})"


def _left_open(figure: Figure) -> str:
    """The range that unscored answers leave open, if they are many."""
    if figure.n_unscored <= MUCH * (figure.n + figure.n_unscored):
        return ""
    return f"; {bounds_text(figure)} with its {figure.n_unscored:,} unscored"


class _Placed(NamedTuple):
    result: EntrantResult
    figure: Figure


class _Rival(NamedTuple):
    """A comparison of the best with the baseline, or if it is the baseline, with the next best."""

    text: str
    outcome: str
    other: list[_Placed]


def _rival(
    comparison: BenchComparison,
    of: AnswerMetric,
    best: Sequence[_Placed],
    placed: Sequence[_Placed],
) -> _Rival | None:
    if len(best) > 1:
        return None
    first = best[0].result
    by_value = sorted(placed, key=lambda rival: rival.figure.value or 0.0, reverse=True)
    rivals = [rival for rival in by_value if rival.result is not first]
    made = paired_differences(comparison, of)
    against = next((rival for rival in made if rival.first is first), None)
    if against is not None:
        other = [rival for rival in rivals if rival.result is against.second]
        return _Rival(_compared(against), outcome_of(against.figure), other)
    for other in rivals:
        behind = next((c for c in made if c.first is other.result and c.second is first), None)
        if behind is not None:
            word = "next" if other is rivals[0] else "highest of those compared with it"
            return _Rival(f"{word} {_compared(behind, other.result.label)}", "", [other])
    return None


def _compared(difference: PairedDifference, subject: str = "") -> str:
    change = f"{difference_text(difference.figure)} against {difference.second.label}"
    interval = difference_interval_text(difference.figure)
    details = ", ".join(part for part in (interval, p_text(difference.figure.p_holm)) if part)
    endings = {
        "noise": ": within noise, so no difference is shown",
        "open": ": left open, for the unscored answers could turn it around",
    }
    text = f"{change} ({details})" if details else change
    return f"{subject}, {text}{endings.get(outcome_of(difference.figure), '')}".removeprefix(", ")


def _frontier(
    comparison: BenchComparison, safe: Sequence[Figure], behaves: Sequence[Figure]
) -> BenchStatement:
    """The entrants that no other beats in both figures, by their values, whose intervals may
    overlap."""
    labels = {str(result.number): result.label for result in comparison.results}
    ahead = [labels[p.name] for p in points(comparison, behaves, safe, "up") if p.on_frontier]
    placed = zip(comparison.results, safe, strict=True)
    unscored = _unscored(
        [_Placed(result, figure) for result, figure in placed if result.label in ahead]
    )
    text = (
        "By their values, without their intervals, no other is better in both safety and "
        f"behaviour than: {_listed(ahead)}."
    )
    return BenchStatement(f"{text} {unscored}".strip())


def _unscored(placed: Sequence[_Placed]) -> str:
    ends = {f"by {entry.result.label}": entry.figure for entry in placed}
    return unscored_text(ends, "answers")


def _seeds(comparison: BenchComparison) -> str:
    """How many seeds each entrant answered with, if more than one."""
    counts = sorted(
        {len({case.answer.sampling.seed for case in result.cases}) for result in comparison.results}
    )
    if not counts or counts[-1] == 1:
        return ""
    if len(counts) == 1:
        return f", with {counts[0]} seeds each"
    return f", with {counts[0]} to {counts[-1]} seeds"


def _chose_by(comparison: BenchComparison, model: str) -> bool:
    """Whether an entrant chose among its answers by a scorer that asked the model."""
    scorers = (
        json.loads(result.entrant.settings).get("scorer", "") for result in comparison.results
    )
    return any(scorer.endswith(f" by {model}") for scorer in scorers)


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" + ("" if n == 1 else "s")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
