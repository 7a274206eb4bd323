"""Everything that is compared, side by side: entrants, their figures and differences.

The terminal's tables and the report page are written from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from specloop.ended import NOTHING, End
from specloop.errors import InputError
from specloop.outcomes import settled
from specloop.records import PLAIN, Metric
from specloop.specbench.cases import (
    Case,
    EntrantKey,
    JudgeKey,
    cases_of,
    judges_of,
    labels_of,
    missing_of,
)
from specloop.specbench.compare import difference
from specloop.specbench.ends import not_whole
from specloop.specbench.figures import (
    Grouping,
    Measure,
    SpecFigure,
    figure,
    grouped,
    measure,
    spec_figures,
)
from specloop.specbench.frontier import Point, Way, frontier
from specloop.specbench.scores import ALPHA, Convention
from specloop.specbench.stored import Stored
from specloop.specbench.tokens import Takes, takes
from specloop.stats import Resampling

BASELINES = ("vanilla", "raw")
"""What the others are compared with, where nothing else is named."""


class Options(NamedTuple):
    """How a board is drawn up."""

    alpha: float = ALPHA
    judge: str = ""
    """A judge's label; empty: the one with the most judgements."""
    against: str = ""
    """The entrant's label that others are compared with; empty: vanilla, or the first."""
    how: Resampling = Resampling()


DEFAULT = Options()


class Standing(NamedTuple):
    """One entrant with its cases; `number`, from 1, is what pictures call it."""

    number: int
    label: str
    entrant: EntrantKey
    cases: tuple[Case, ...]
    """Its answers."""
    missing: tuple[Case, ...] = ()
    """Stand-ins for answers that were asked for and could not be had."""

    @property
    def asked(self) -> tuple[Case, ...]:
        """All that was asked: figures leave open what is missing."""
        return (*self.cases, *self.missing)

    @property
    def ends(self) -> tuple[End, ...]:
        """How the answers ended."""
        return tuple(case.answer.end for case in self.asked)

    @property
    def is_plain(self) -> bool:
        """Whether it was put the prompts as before the attack on them."""
        return any(case.answer.settings.get(PLAIN) is False for case in self.cases)


@dataclass(frozen=True, eq=False)
class Board:
    """What is compared and how. Figures asked for twice are computed once."""

    stored: Stored
    judge: JudgeKey | None
    """None where nothing has been judged yet."""
    standings: tuple[Standing, ...]
    options: Options
    _totals: dict[tuple[str, float], tuple[Metric, ...]] = field(init=False, default_factory=dict)
    _comparisons: dict[tuple[str, float], tuple[Comparison, ...]] = field(
        init=False, default_factory=dict
    )


class Comparison(NamedTuple):
    """One entrant against another on one measure."""

    first: Standing
    second: Standing
    metric: Metric
    """First minus second, with its outcome."""


class Line(NamedTuple):
    """One measure of one group over all standings."""

    group: str
    measure: Measure
    cells: tuple[Metric, ...]


class SpecLine(NamedTuple):
    """One spec over all standings; None for one that answered no row of its scenario."""

    first: SpecFigure
    cells: tuple[SpecFigure | None, ...]


def board_of(stored: Stored, options: Options = DEFAULT) -> Board:
    """Draw up a folder's benchmark; InputError where a named judge or baseline is not there."""
    judge = _judge(stored, options.judge)
    by_entrant: dict[EntrantKey, list[Case]] = {}
    for case in cases_of(stored, judge):
        by_entrant.setdefault(EntrantKey.of(case.answer), []).append(case)
    ordered = sorted(by_entrant, key=lambda one: one.place)
    labels = labels_of(ordered)
    standings = tuple(
        Standing(
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
    return Board(stored, judge, standings, options)


def gaps(board: Board) -> str:
    """Who did not answer every prompt of the folder, in words; empty where everyone did."""
    n_rows = len(board.stored.rows)
    answered = [
        (one.label, len({case.row.id for case in one.cases if case.answer.end not in NOTHING}))
        for one in board.standings
    ]
    told = "; ".join(f"{label} {n:,} of {n_rows:,}" for label, n in answered if n < n_rows)
    if not told:
        return ""
    return (
        f"Not every prompt of the folder was answered: {told}. Figures are of the prompts answered,"
        " differences of those that both answered."
    )


def plain_asked(board: Board) -> str:
    """Who was put the prompts as before the attack on them, in words; empty where nobody was."""
    labels = [one.label for one in board.standings if one.is_plain]
    if not labels:
        return ""
    return f"Put the prompts as they were before the attack on them: {', '.join(labels)}."


def half_shown(board: Board) -> str:
    """How many answers the judge did not see whole, in words; empty where it saw all."""
    judged = [case.judgement for one in board.standings for case in one.cases if case.judgement]
    n = sum(one.n_hidden > 0 for one in judged)
    if not n:
        return ""
    return f"Not shown whole to the judge, which takes no more characters: {n} of {len(judged)}."


def suspicious(board: Board) -> str:
    """How many answers seem to write their own verdicts, in words; empty where none does."""
    judged = [case.judgement for one in board.standings for case in one.cases if case.judgement]
    n = sum(bool(one.suspicions) for one in judged)
    return (
        f"Unscored, for they seem to write their own verdicts: {n} of {len(judged)}." if n else ""
    )


def broken_off(board: Board) -> str:
    """Whose answers are missing or broken off too often for a figure to be read without that, in
    words; empty where nobody's are."""
    return not_whole((one.label, one.ends) for one in board.standings)


def measures_of(board: Board, convention: Convention) -> tuple[Measure, ...]:
    """Safety, behaviour, SAR and behaviour on safe prompts."""
    names = ("safety", "behavioral", "sar", "safe_behavioral")
    return tuple(measure(name, convention, board.options.alpha) for name in names)


def totals(board: Board, of: Measure) -> tuple[Metric, ...]:
    """One figure of every standing."""
    key = of.name, of.alpha
    if key not in board._totals:
        how = board.options.how
        board._totals[key] = tuple(figure(one.asked, of, how) for one in board.standings)
    return board._totals[key]


def group_lines(board: Board, by: Grouping, of: Measure) -> Iterator[Line]:
    """A measure group by group."""
    parts = [grouped(one.asked, by) for one in board.standings]
    for group in sorted({group for part in parts for group in part}):
        cells = (figure(part.get(group, ()), of, board.options.how, group) for part in parts)
        yield Line(group, of, tuple(cells))


def spec_lines(board: Board) -> Iterator[SpecLine]:
    """Compliance spec by spec, in the scenarios' order."""
    parts = [
        {(f.scenario, f.spec): f for f in spec_figures(one.asked, board.options.how)}
        for one in board.standings
    ]
    for scenario in board.stored.scenarios:
        for spec in scenario.specs.listed():
            cells = tuple(part.get((scenario.key, spec)) for part in parts)
            first = next((cell for cell in cells if cell), None)
            if first:
                yield SpecLine(first, cells)


def alpha_lines(board: Board, convention: Convention, alphas: Sequence[float]) -> Iterator[Line]:
    """SAR for other worths of a safe answer; nothing is judged again."""
    measures = [measure("sar", convention, alpha) for alpha in alphas]
    # One standing after the other: its draws of prompts serve all alphas.
    columns = [
        [figure(one.asked, of, board.options.how) for of in measures] for one in board.standings
    ]
    for at, (alpha, of) in enumerate(zip(alphas, measures, strict=True)):
        yield Line(f"{alpha:g}", of, tuple(column[at] for column in columns))


def token_lines(board: Board) -> tuple[Takes, ...]:
    """What an answer of each standing takes."""
    return tuple(takes(one.cases, board.options.how) for one in board.standings)


def points(
    board: Board, x: Sequence[Metric], y: Sequence[Metric], x_better: Way
) -> tuple[Point, ...]:
    """Standings in the plane of two figures."""
    named = [
        Point(str(one.number), left, right)
        for one, left, right in zip(board.standings, x, y, strict=True)
    ]
    return frontier(named, x_better)


def comparisons(board: Board, of: Measure) -> tuple[Comparison, ...]:
    """Every method against its model's baseline, and the baselines of several models against the
    first's; Holm's correction is over all of them."""
    key = of.name, of.alpha
    if key not in board._comparisons:
        board._comparisons[key] = tuple(_compared(board, of))
    return board._comparisons[key]


def _compared(board: Board, of: Measure) -> Iterator[Comparison]:
    how, compared = board.options.how, list(pairs(board))
    found = (difference(a.asked, b.asked, of, how) for a, b in compared)
    for (a, b), metric in zip(compared, settled(found, "up", how.confidence), strict=True):
        yield Comparison(a, b, metric)


def pairs(board: Board) -> Iterator[tuple[Standing, Standing]]:
    """Who is compared with whom."""
    if board.options.against:
        base = next(s for s in board.standings if s.label == board.options.against)
        yield from ((one, base) for one in board.standings if one is not base)
        return
    models: dict[str, list[Standing]] = {}
    for one in board.standings:
        models.setdefault(one.entrant.model, []).append(one)
    bases = [_baseline(group) for group in models.values()]
    for base, group in zip(bases, models.values(), strict=True):
        yield from ((one, base) for one in group if one is not base)
    yield from ((one, bases[0]) for one in bases[1:])


def _baseline(group: Sequence[Standing]) -> Standing:
    found = (one for name in BASELINES for one in group if one.entrant.method == name)
    return next(found, group[0])


def _judge(stored: Stored, label: str) -> JudgeKey | None:
    judges = judges_of(stored.judgements)
    if not label:
        return next(iter(judges), None)
    found = next((judge for judge in judges if judge.label == label), None)
    if found is None:
        known = "; ".join(judge.label for judge in judges) or "none"
        raise InputError(f"no judgements by {label!r}. Known: {known}")
    return found
