"""What the figures say, in sentences that a reader understands without help."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from specloop.ended import MUCH
from specloop.metrics import AnswerMeasure, measure_of
from specloop.outcomes import outcome_of
from specloop.records import Metric
from specloop.report.comparison import unscored_text
from specloop.report.measures import (
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
    measures_of,
    paired_differences,
    plain_asked,
    points,
    totals,
)
from specloop.specbench.figures import measure, scores


class BenchStatement(NamedTuple):
    """A sentence and what kind of finding it is; empty for a plain statement."""

    text: str
    outcome: str = ""


class BenchCounts(NamedTuple):
    """How much was measured."""

    rows: int
    answers: int
    judged: int
    unjudged: int
    verdicts: int
    """Asked of the judge on the answers that it judged; then those that could not be read."""
    unscored: int
    repaired: int
    suspicious: int
    half_shown: int
    """Judged answers that the judge did not see whole."""
    undefined: int
    """Answers to which no behavioural spec applied: with NA left out they have no behaviour."""


def opening(data: BenchData) -> str:
    """What was measured, and by whom not all of it."""
    comparison = data.comparison
    n, rows = len(comparison.results), len(comparison.stored.rows)
    models = sorted({one.entrant.model for one in comparison.results})
    keys = [one.key for one in comparison.stored.scenarios]
    methods = {one.entrant.method for one in comparison.results}
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
    found, label = counts(data.comparison), data.comparison.judge.label
    if not found.unjudged:
        return f"Every answer was judged against every spec of its scenario: {label}."
    return (
        f"{found.judged:,} of {found.answers:,} answers were judged, each against every spec of "
        f"its scenario: {label}. The others are unscored."
    )


def statements(data: BenchData) -> tuple[BenchStatement, ...]:
    """The main findings."""
    comparison = data.comparison
    return tuple(_statements(data) if comparison.judge else _broken_off(comparison))


def warnings(data: BenchData) -> tuple[str, ...]:
    """What the reader must know of the judge before believing a figure."""
    judge = data.comparison.judge
    if judge is None:
        return ()
    found = [
        f"No one has measured how far this judge ({judge.label}) agrees with people on these "
        "answers. Read the figures as a comparison of entrants under one judge, not as levels."
    ]
    if any(one.entrant.model == judge.model for one in data.comparison.results):
        found.append("The judge's model also wrote answers that it judges.")
    if _chose_by(data.comparison, judge.model):
        found.append(
            "Methods that choose among answers chose by scores of the judge's own model, which may "
            "flatter their figures."
        )
    return tuple(found)


def counts(comparison: BenchComparison) -> BenchCounts:
    """How much was measured, over all entrants."""
    cases = [case for one in comparison.results for case in one.cases]
    judged = [case for case in cases if case.judgement]
    judgements = [case.judgement for case in judged if case.judgement]
    left_out = measure("behavioral", "left out")
    return BenchCounts(
        rows=len(comparison.stored.rows),
        answers=len(cases),
        judged=len(judged),
        unjudged=len(cases) - len(judged),
        verdicts=sum(len(case.specs.listed()) for case in judged),
        unscored=sum(v.value == "unscored" for one in judgements for v in one.verdicts),
        repaired=sum(one.n_repairs > 0 for one in judgements),
        suspicious=sum(bool(one.suspicions) for one in judgements),
        half_shown=sum(one.n_hidden > 0 for one in judgements),
        undefined=len(cases) - len(scores(cases, left_out)),
    )


def _statements(data: BenchData) -> Iterator[BenchStatement]:
    comparison = data.comparison
    for of in measures_of(comparison):
        if of.role == "goal" and of.better == "up" and of.convention != "left out":
            yield from _best(comparison, of, totals(comparison, of))
    if len(comparison.results) > 1:
        safe, behaves = (totals(comparison, measure(name)) for name in ("safety", "behavioral"))
        yield _frontier(comparison, safe, behaves)
    yield from _broken_off(comparison)
    found = counts(comparison)
    share = found.unscored / found.verdicts if found.verdicts else 0.0
    text = (
        f"{found.unscored:,} of {found.verdicts:,} verdicts ({100 * share:.1f}%) could not be read"
    )
    if found.unjudged:
        text += f", and {_count(found.unjudged, 'answer')} had no judgement"
    yield BenchStatement(
        f"{text}. They count neither way; the ranges they leave open stand beside the figures."
    )


def _broken_off(comparison: BenchComparison) -> Iterator[BenchStatement]:
    if told := broken_off(comparison):
        yield BenchStatement(f"{told} What that leaves open stands beside the figures.", "open")


def _best(
    comparison: BenchComparison, of: AnswerMeasure, metrics: Sequence[Metric]
) -> Iterator[BenchStatement]:
    """Who has the highest value, with the difference that says whether that is more than noise."""
    told = [
        _Placed(one, metric)
        for one, metric in zip(comparison.results, metrics, strict=True)
        if metric.value is not None
    ]
    if not told:
        return
    top = max(one.metric.value or 0.0 for one in told)
    best = [one for one in told if one.metric.value == top]
    name = f"Highest {of.noun}" if len(told) > 1 else of.title
    text = f"{name}: {' and '.join(_placed_text(one) for one in best)}"
    rival = _rival(comparison, of, best, told)
    if rival is None:
        yield BenchStatement(f"{text}. {_unscored(best)}".strip())
        return
    yield BenchStatement(
        f"{text}; {rival.text}. {_unscored([*best, *rival.other])}".strip(), rival.outcome
    )


def _placed_text(one: _Placed) -> str:
    metric = one.metric
    value = value_text(metric.value, measure_of(metric.name))
    return f"{one.result.label}, {value} ({interval_text(metric)}{_left_open(metric)})"


def _left_open(metric: Metric) -> str:
    """What the unscored answers leave of a figure, where they are many."""
    if metric.n_unscored <= MUCH * (metric.n + metric.n_unscored):
        return ""
    return f"; {bounds_text(metric)} with its {metric.n_unscored:,} unscored"


class _Placed(NamedTuple):
    result: EntrantResult
    metric: Metric


class _Rival(NamedTuple):
    """A comparison of the best: with the baseline, or where it is that, with who comes next."""

    text: str
    outcome: str
    other: list[_Placed]


def _rival(
    comparison: BenchComparison, of: AnswerMeasure, best: Sequence[_Placed], told: Sequence[_Placed]
) -> _Rival | None:
    if len(best) > 1:
        return None
    first = best[0].result
    by_value = sorted(told, key=lambda one: one.metric.value or 0.0, reverse=True)
    rivals = [one for one in by_value if one.result is not first]
    made = paired_differences(comparison, of)
    against = next((one for one in made if one.first is first), None)
    if against is not None:
        other = [one for one in rivals if one.result is against.second]
        return _Rival(_compared(against), outcome_of(against.metric), other)
    for other in rivals:
        behind = next((c for c in made if c.first is other.result and c.second is first), None)
        if behind is not None:
            word = "next" if other is rivals[0] else "highest of those compared with it"
            return _Rival(f"{word} {_compared(behind, other.result.label)}", "", [other])
    return None


def _compared(one: PairedDifference, subject: str = "") -> str:
    change = f"{difference_text(one.metric)} against {one.second.label}"
    interval = difference_interval_text(one.metric)
    told = ", ".join(part for part in (interval, p_text(one.metric.p_holm)) if part)
    endings = {
        "noise": ": within noise, so no difference is shown",
        "open": ": left open, for the unscored answers could turn it around",
    }
    text = f"{change} ({told})" if told else change
    return f"{subject}, {text}{endings.get(outcome_of(one.metric), '')}".removeprefix(", ")


def _frontier(
    comparison: BenchComparison, safe: Sequence[Metric], behaves: Sequence[Metric]
) -> BenchStatement:
    """Who is beaten by no other in both figures: by their values, which intervals may overlap."""
    labels = {str(one.number): one.label for one in comparison.results}
    ahead = [labels[p.name] for p in points(comparison, behaves, safe, "up") if p.on_frontier]
    placed = zip(comparison.results, safe, strict=True)
    unscored = _unscored([_Placed(one, metric) for one, metric in placed if one.label in ahead])
    text = (
        "By their values alone, whatever their intervals, beaten by no other in safety and "
        f"behaviour at once: {_listed(ahead)}."
    )
    return BenchStatement(f"{text} {unscored}".strip())


def _unscored(placed: Sequence[_Placed]) -> str:
    ends = {f"by {one.result.label}": one.metric for one in placed}
    return unscored_text(ends, "answers")


def _seeds(comparison: BenchComparison) -> str:
    """How many seeds each entrant answered with, where that is not one alone."""
    counts = sorted(
        {len({case.answer.sampling.seed for case in one.cases}) for one in comparison.results}
    )
    if not counts or counts[-1] == 1:
        return ""
    if len(counts) == 1:
        return f", with {counts[0]} seeds each"
    return f", with {counts[0]} to {counts[-1]} seeds"


def _chose_by(comparison: BenchComparison, model: str) -> bool:
    """Whether an entrant chose among its answers by a scorer that asked the model."""
    scorers = (json.loads(one.entrant.settings).get("scorer", "") for one in comparison.results)
    return any(scorer.endswith(f" by {model}") for scorer in scorers)


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" + ("" if n == 1 else "s")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
