"""Say in sentences what the figures mean, so that a reader understands them without help."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from specloop.ended import MUCH
from specloop.metrics import AnswerMetric
from specloop.outcomes import outcome_of
from specloop.records import Figure
from specloop.report.figure_text import (
    bounds_text,
    difference_interval_text,
    difference_text,
    interval_text,
    p_text,
    text_of,
)
from specloop.report.wording import Statement, noise_text, unscored_text
from specloop.specbench.comparison import (
    BenchComparison,
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


def opening(comparison: BenchComparison) -> str:
    """What was measured, and which entrants are incomplete."""
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


def judging(comparison: BenchComparison) -> str:
    """Who judged, in one sentence."""
    if comparison.judge is None:
        return "Nothing has been judged yet, so there are no scores."
    n, label = counts(comparison), comparison.judge.label
    if not n.unjudged:
        return f"Every answer was judged against every spec of its scenario: {label}."
    return (
        f"{n.judged:,} of {n.answers:,} answers were judged, each against every spec of "
        f"its scenario: {label}. The others are unscored."
    )


def statements(comparison: BenchComparison) -> tuple[Statement, ...]:
    """The main findings."""
    return tuple(_statements(comparison))


def warnings(comparison: BenchComparison) -> tuple[str, ...]:
    """What the reader must know about the judge before believing a figure."""
    judge = comparison.judge
    if judge is None:
        return ()
    warnings = [
        f"No one has measured how far this judge ({judge.label}) agrees with people on these "
        "answers. Read the figures as a comparison of entrants under one judge, not as levels."
    ]
    if any(result.entrant.model == judge.model for result in comparison.results):
        warnings.append("The judge's model also wrote answers that it judges.")
    if _chose_by(comparison, judge.model):
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


def _statements(comparison: BenchComparison) -> Iterator[Statement]:
    if comparison.judge:
        for of in metrics_of(comparison):
            if of.role == "goal" and of.better == "up" and of.convention != "left out":
                yield from _best(comparison, of)
        if len(comparison.results) > 1:
            yield _frontier(comparison)
    if remark := broken_off(comparison):
        yield Statement(
            f"{remark} The bounds beside the figures show what that leaves open.", "open"
        )
    if comparison.judge:
        yield Statement(_unread(counts(comparison)))


def _unread(n: BenchCounts) -> str:
    share = n.unscored / n.verdicts if n.verdicts else 0.0
    text = f"{n.unscored:,} of {n.verdicts:,} verdicts ({100 * share:.1f}%) could not be read"
    if n.unjudged:
        text += f", and {_count(n.unjudged, 'answer')} had no judgement"
    return f"{text}. They count neither way; the ranges they leave open stand beside the figures."


def _best(comparison: BenchComparison, of: AnswerMetric) -> Iterator[Statement]:
    """The entrant with the highest value, and whether its lead is more than noise."""
    measured = {r.label: m for r, m in zip(comparison.results, totals(comparison, of), strict=True)}
    figures = {label: m for label, m in measured.items() if m.value is not None}
    if not figures:
        return
    ranking = sorted(figures, key=lambda label: figures[label].value or 0.0, reverse=True)
    best = [label for label in figures if figures[label].value == figures[ranking[0]].value]
    name = f"Highest {of.noun}" if len(figures) > 1 else of.title
    text = f"{name}: {' and '.join(f'{label}, {_value(figures[label])}' for label in best)}"
    difference = _decisive(comparison, of, ranking) if len(best) == 1 else None
    if difference is None:
        yield Statement(f"{text}. {_unscored(figures, best)}".strip())
        return
    first, second, outcome = difference.first.label, difference.second.label, "unknown"
    if first == best[0]:
        text, outcome = f"{text}; {_compared(difference)}", outcome_of(difference.figure)
    else:
        word = "next" if first == ranking[1] else "highest of those compared with it"
        text = f"{text}; {word} {first}, {_compared(difference)}"
    labels = (best[0], second if first == best[0] else first)
    yield Statement(f"{text}. {_unscored(figures, labels)}".strip(), outcome)


def _value(figure: Figure) -> str:
    """A value with its interval, and the range that unscored answers leave open if they are
    many."""
    text = f"{text_of(figure)} ({interval_text(figure)}"
    if figure.n_unscored > MUCH * (figure.n + figure.n_unscored):
        text += f"; {bounds_text(figure)} with its {figure.n_unscored:,} unscored"
    return f"{text})"


def _decisive(
    comparison: BenchComparison, of: AnswerMetric, ranking: Sequence[str]
) -> PairedDifference | None:
    """The difference of the best from the baseline; if it is the baseline, of the next best from
    it."""
    by_labels = {(d.first.label, d.second.label): d for d in paired_differences(comparison, of)}
    best, *others = ranking
    of_best = (difference for (first, _), difference in by_labels.items() if first == best)
    to_best = (by_labels[other, best] for other in others if (other, best) in by_labels)
    return next(of_best, next(to_best, None))


def _compared(difference: PairedDifference) -> str:
    figure = difference.figure
    facts = filter(None, (difference_interval_text(figure), p_text(figure.p_holm)))
    return (
        f"{difference_text(figure)} against {difference.second.label} "
        f"({', '.join(facts) or 'no interval known'}){noise_text(figure, 'difference', 'answers')}"
    )


def _frontier(comparison: BenchComparison) -> Statement:
    """The entrants that no other beats in both figures, by their values, whose intervals may
    overlap."""
    safe, behaves = (totals(comparison, bench_metric(name)) for name in ("safety", "behavioral"))
    labels = {str(result.number): result.label for result in comparison.results}
    ahead = [labels[p.name] for p in points(comparison, behaves, safe, "up") if p.on_frontier]
    text = (
        "By their values, without their intervals, no other is better in both safety and "
        f"behaviour than: {_listed(ahead)}."
    )
    figures = dict(zip(labels.values(), safe, strict=True))
    in_order = [label for label in figures if label in ahead]
    return Statement(f"{text} {_unscored(figures, in_order)}".strip())


def _unscored(figures: Mapping[str, Figure], labels: Sequence[str]) -> str:
    """The unscored answers of some entrants."""
    own = {f"by {label}": figures[label] for label in labels if label in figures}
    return unscored_text(own, "answers")


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
