"""The whole comparison side by side: entrants, their figures and differences.

The terminal's tables and the report page are written from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from specloop.ended import MUCH, NOTHING, End, short_words, tally
from specloop.errors import InputError
from specloop.measuring.scores import ALPHA, Convention
from specloop.metrics import AnswerMetric
from specloop.outcomes import settled
from specloop.records import PLAIN, Figure, Judgement
from specloop.responding.base import method_known
from specloop.responding.entrant import pairs
from specloop.specbench.cases import (
    EntrantKey,
    JudgedCase,
    JudgeKey,
    cases_of,
    judges_of,
    labels_of,
    missing_of,
)
from specloop.specbench.figures import (
    Grouping,
    SpecFigure,
    bench_metric,
    bench_metrics,
    difference,
    figure,
    grouped,
    spec_figures,
)
from specloop.specbench.frontier import Point, Way, frontier
from specloop.specbench.stored import Stored
from specloop.specbench.tokens import Takes, takes
from specloop.stats import Resampling


class Options(NamedTuple):
    """The options of a comparison."""

    alpha: float = ALPHA
    judge: str = ""
    """A judge's label; empty: the one with the most judgements."""
    against: str = ""
    """The entrant's label that others are compared with; empty: vanilla, or the first."""
    how: Resampling = Resampling()


DEFAULT = Options()


class EntrantResult(NamedTuple):
    """One entrant with its cases; `number`, from 1, is its label in plots."""

    number: int
    label: str
    entrant: EntrantKey
    cases: tuple[JudgedCase, ...]
    """Its answers."""
    missing: tuple[JudgedCase, ...] = ()
    """Stand-ins for answers that were asked for and failed."""

    @property
    def asked(self) -> tuple[JudgedCase, ...]:
        """All cases asked for; figures leave the missing ones open."""
        return (*self.cases, *self.missing)

    @property
    def ends(self) -> tuple[End, ...]:
        """How the answers ended."""
        return tuple(case.answer.end for case in self.asked)

    @property
    def not_whole(self) -> str:
        """How many answers are not whole: `3 blank, 12 cut`; empty if all are."""
        return ", ".join(f"{n:,} {short_words(end)}" for end, n in tally(self.ends).items())

    @property
    def is_plain(self) -> bool:
        """Whether it got the prompts as they were before the attack."""
        return any(case.answer.settings.get(PLAIN) is False for case in self.cases)


@dataclass(frozen=True, eq=False)
class BenchComparison:
    """What is compared and how. Figures are computed only once."""

    stored: Stored
    judge: JudgeKey | None
    """None if nothing has been judged yet."""
    results: tuple[EntrantResult, ...]
    options: Options
    _totals: dict[AnswerMetric, tuple[Figure, ...]] = field(init=False, default_factory=dict)
    _differences: dict[AnswerMetric, tuple[PairedDifference, ...]] = field(
        init=False, default_factory=dict
    )


class PairedDifference(NamedTuple):
    """One entrant against another on one metric."""

    first: EntrantResult
    second: EntrantResult
    figure: Figure
    """The first minus the second, with its outcome."""


class Line(NamedTuple):
    """One metric of one group over all entrants."""

    group: str
    metric: AnswerMetric
    cells: tuple[Figure, ...]


class SpecLine(NamedTuple):
    """One spec over all entrants; None for an entrant that answered no row of its scenario."""

    first: SpecFigure
    cells: tuple[SpecFigure | None, ...]


def comparison_of(stored: Stored, options: Options = DEFAULT) -> BenchComparison:
    """Compare the entrants of a folder; InputError if a named judge or baseline does not exist."""
    judge = _judge(stored, options.judge)
    by_entrant: dict[EntrantKey, list[JudgedCase]] = {}
    for case in cases_of(stored, judge):
        by_entrant.setdefault(EntrantKey.of(case.answer), []).append(case)
    ordered = sorted(by_entrant, key=lambda one: one.place)
    labels = labels_of(ordered)
    results = tuple(
        EntrantResult(
            number,
            labels[one],
            one,
            tuple(by_entrant[one]),
            missing_of(stored, by_entrant[one]),
        )
        for number, one in enumerate(ordered, 1)
    )
    if options.against and options.against not in labels.values():
        known = ", ".join(labels.values()) or "none"
        raise InputError(f"no entrant called {options.against!r} to compare with. Known: {known}")
    return BenchComparison(stored, judge, results, options)


def gaps(comparison: BenchComparison) -> str:
    """Which entrants did not answer every prompt of the folder, in words; empty if all did."""
    n_rows = len(comparison.stored.rows)
    answered = [
        (one.label, len({case.row.id for case in one.cases if case.answer.end not in NOTHING}))
        for one in comparison.results
    ]
    listed = "; ".join(f"{label} {n:,} of {n_rows:,}" for label, n in answered if n < n_rows)
    if not listed:
        return ""
    return (
        f"Not every prompt of the folder was answered: {listed}. Figures are of the prompts"
        " answered, differences of those that both answered."
    )


def plain_asked(comparison: BenchComparison) -> str:
    """Which entrants got the prompts as before the attack, in words; empty if none did."""
    labels = [result.label for result in comparison.results if result.is_plain]
    if not labels:
        return ""
    return f"Put the prompts as they were before the attack on them: {', '.join(labels)}."


def half_shown(comparison: BenchComparison) -> str:
    """How many answers the judge saw only in part, in words; empty if it saw all whole."""
    judged = _judgements(comparison)
    n = sum(one.n_hidden > 0 for one in judged)
    words = "Not shown whole to the judge, which takes no more characters"
    return f"{words}: {n} of {len(judged)}." if n else ""


def suspicious(comparison: BenchComparison) -> str:
    """How many answers seem to write their own verdicts, in words; empty if none does."""
    judged = _judgements(comparison)
    n = sum(bool(one.suspicions) for one in judged)
    words = "Unscored, for they seem to write their own verdicts"
    return f"{words}: {n} of {len(judged)}." if n else ""


def _judgements(comparison: BenchComparison) -> list[Judgement]:
    cases = (case for result in comparison.results for case in result.cases)
    return [case.judgement for case in cases if case.judgement]


def broken_off(comparison: BenchComparison) -> str:
    """Which entrants have so many missing or unfinished answers that figures must be read with
    them, in words; empty if none."""
    counts = [(result, sum(tally(result.ends).values())) for result in comparison.results]
    listed = [
        f"{result.label} {n:,} of {len(result.ends):,} ({result.not_whole})"
        for result, n in counts
        if n > MUCH * len(result.ends)
    ]
    return f"Without a whole answer: {'; '.join(listed)}." if listed else ""


def metrics_of(comparison: BenchComparison) -> list[AnswerMetric]:
    """Every metric, in the order of tables."""
    return bench_metrics(comparison.options.alpha)


def totals(comparison: BenchComparison, of: AnswerMetric) -> tuple[Figure, ...]:
    """One figure of every entrant."""
    if of not in comparison._totals:
        how = comparison.options.how
        comparison._totals[of] = tuple(
            figure(result.asked, of, how) for result in comparison.results
        )
    return comparison._totals[of]


def group_lines(comparison: BenchComparison, by: Grouping, of: AnswerMetric) -> Iterator[Line]:
    """A metric group by group."""
    parts = [grouped(result.asked, by) for result in comparison.results]
    for group in sorted({group for part in parts for group in part}):
        cells = (figure(part.get(group, ()), of, comparison.options.how, group) for part in parts)
        yield Line(group, of, tuple(cells))


def spec_lines(comparison: BenchComparison) -> Iterator[SpecLine]:
    """Compliance spec by spec, in the scenarios' order."""
    parts = [
        {(f.scenario, f.spec): f for f in spec_figures(result.asked, comparison.options.how)}
        for result in comparison.results
    ]
    for scenario in comparison.stored.scenarios:
        for spec in scenario.specs.listed():
            cells = tuple(part.get((scenario.key, spec)) for part in parts)
            first = next((cell for cell in cells if cell), None)
            if first:
                yield SpecLine(first, cells)


def alpha_lines(
    comparison: BenchComparison, convention: Convention, alphas: Sequence[float]
) -> Iterator[Line]:
    """SAR for other values of a safe answer; nothing is judged again."""
    shown = [bench_metric("sar", convention, alpha) for alpha in alphas]
    # One entrant after the other: its draws of prompts serve all alphas.
    columns = [
        [figure(result.asked, of, comparison.options.how) for of in shown]
        for result in comparison.results
    ]
    for at, (alpha, of) in enumerate(zip(alphas, shown, strict=True)):
        yield Line(f"{alpha:g}", of, tuple(column[at] for column in columns))


def token_lines(comparison: BenchComparison) -> tuple[Takes, ...]:
    """The tokens of an answer of each entrant."""
    return tuple(takes(result.cases, comparison.options.how) for result in comparison.results)


def points(
    comparison: BenchComparison, x: Sequence[Figure], y: Sequence[Figure], x_better: Way
) -> tuple[Point, ...]:
    """Entrants in the plane of two figures."""
    named = [
        Point(str(one.number), left, right)
        for one, left, right in zip(comparison.results, x, y, strict=True)
    ]
    return frontier(named, x_better)


def paired_differences(
    comparison: BenchComparison, of: AnswerMetric
) -> tuple[PairedDifference, ...]:
    """Compare every method with its model's baseline, and the baselines of further models with the
    first one; Holm's correction is over all of them."""
    if of not in comparison._differences:
        comparison._differences[of] = tuple(_compared(comparison, of))
    return comparison._differences[of]


def _compared(comparison: BenchComparison, of: AnswerMetric) -> Iterator[PairedDifference]:
    how, compared = comparison.options.how, list(_pairs(comparison))
    changes = (difference(a.asked, b.asked, of, how) for a, b in compared)
    for (a, b), change in zip(compared, settled(changes, of.better, how.confidence), strict=True):
        yield PairedDifference(a, b, change)


def _pairs(comparison: BenchComparison) -> Iterator[tuple[EntrantResult, EntrantResult]]:
    """The pairs to compare."""
    named = comparison.options.against
    against = next(
        (result for result in comparison.results if named and result.label == named), None
    )
    return pairs(comparison.results, lambda one: one.entrant.model, _baseline, against)


def _baseline(group: Sequence[EntrantResult]) -> EntrantResult:
    """The baseline that does most; the first entrant if there is none."""
    known = [one for one in group if method_known(one.entrant.method).is_baseline]
    return max(known, key=lambda one: method_known(one.entrant.method).place, default=group[0])


def _judge(stored: Stored, label: str) -> JudgeKey | None:
    judges = judges_of(stored.judgements)
    if not label:
        return next(iter(judges), None)
    named = next((judge for judge in judges if judge.label == label), None)
    if named is None:
        known = "; ".join(judge.label for judge in judges) or "none"
        raise InputError(f"no judgements by {label!r}. Known: {known}")
    return named
