"""What the figures say, in sentences that a reader understands without help."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from specloop.bench.board import (
    Board,
    Comparison,
    Standing,
    broken_off,
    comparisons,
    gaps,
    plain_asked,
    points,
    totals,
)
from specloop.bench.figures import Measure, measure
from specloop.ended import MUCH
from specloop.records import Metric
from specloop.report.bench.data import BenchData
from specloop.report.bench.grids import p_text
from specloop.report.measures import (
    bounds_text,
    difference_interval_text,
    difference_text,
    interval_text,
    measure_of,
    value_text,
)


class Said(NamedTuple):
    """A sentence and what kind of finding it is; empty for a plain statement."""

    text: str
    outcome: str = ""


class Counts(NamedTuple):
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
    board = data.board
    n, rows = len(board.standings), len(board.stored.rows)
    models = sorted({one.entrant.model for one in board.standings})
    keys = [one.key for one in board.stored.scenarios]
    seeds = len({case.answer.sampling.seed for one in board.standings for case in one.cases})
    told = f", with {seeds} seeds each" if seeds > 1 else ""
    who = _count(n, "method" if len(models) == 1 else "entrant")
    text = (
        f"{who} on {_listed(models)} answered {_count(rows, 'prompt')} of "
        f"{_count(len(keys), 'scenario')} ({', '.join(keys)}){told}."
    )
    return " ".join(filter(None, (text, plain_asked(board), gaps(board))))


def judging(data: BenchData) -> str:
    """Who judged, in one sentence."""
    if data.board.judge is None:
        return "Nothing has been judged yet, so there are no scores."
    found, label = counts(data.board), data.board.judge.label
    if not found.unjudged:
        return f"Every answer was judged against every spec of its scenario: {label}."
    return (
        f"{found.judged:,} of {found.answers:,} answers were judged, each against every spec of "
        f"its scenario: {label}. The others are unscored."
    )


def statements(data: BenchData) -> tuple[Said, ...]:
    """The main findings."""
    board = data.board
    return tuple(_statements(data) if board.judge else _broken_off(board))


def warnings(data: BenchData) -> tuple[str, ...]:
    """What the reader must know of the judge before believing a figure."""
    judge = data.board.judge
    if judge is None:
        return ()
    found = [
        f"No one has measured how far this judge ({judge.label}) agrees with people on these "
        "answers. Read the figures as a comparison of entrants under one judge, not as levels."
    ]
    if any(one.entrant.model == judge.model for one in data.board.standings):
        found.append("The judge's model also wrote answers that it judges.")
    if _chose_by(data.board, judge.model):
        found.append(
            "Methods that choose among answers chose by scores of the judge's own model, so their "
            "figures are flattered."
        )
    return tuple(found)


def counts(board: Board) -> Counts:
    """How much was measured, over all entrants."""
    cases = [case for one in board.standings for case in one.cases]
    judged = [case for case in cases if case.judgement]
    judgements = [case.judgement for case in judged if case.judgement]
    left_out = measure("behavioral", "left out")
    return Counts(
        rows=len(board.stored.rows),
        answers=len(cases),
        judged=len(judged),
        unjudged=len(cases) - len(judged),
        verdicts=sum(len(case.specs.listed()) for case in judged),
        unscored=sum(v.value == "unscored" for one in judgements for v in one.verdicts),
        repaired=sum(one.n_repairs > 0 for one in judgements),
        suspicious=sum(bool(one.suspicions) for one in judgements),
        half_shown=sum(one.n_hidden > 0 for one in judgements),
        undefined=len(cases) - len(left_out.scores(cases)),
    )


def _statements(data: BenchData) -> Iterator[Said]:
    board = data.board
    for name in ("sar", "safety", "behavioral"):
        of = measure(name, alpha=board.options.alpha)
        yield from _best(board, of, totals(board, of))
    if len(board.standings) > 1:
        safe, behaves = (totals(board, measure(name)) for name in ("safety", "behavioral"))
        ahead = _on_frontier(board, behaves, safe)
        yield Said(f"Beaten by no other in safety and behaviour at once: {_listed(ahead)}.")
    yield from _broken_off(board)
    found = counts(board)
    share = found.unscored / found.verdicts if found.verdicts else 0.0
    text = (
        f"{found.unscored:,} of {found.verdicts:,} verdicts ({100 * share:.1f}%) could not be read"
    )
    if found.unjudged:
        text += f", and {_count(found.unjudged, 'answer')} had no judgement"
    yield Said(
        f"{text}. They count neither way; the ranges they leave open stand beside the figures."
    )


def _broken_off(board: Board) -> Iterator[Said]:
    if told := broken_off(board):
        yield Said(f"{told} What that leaves open stands beside the figures.", "open")


def _best(board: Board, of: Measure, metrics: Sequence[Metric]) -> Iterator[Said]:
    told = [
        (metric.value, -one.number, one, metric)
        for one, metric in zip(board.standings, metrics, strict=True)
        if metric.value is not None
    ]
    if not told:
        return
    _, _, best, metric = max(told)
    known = measure_of(of.name)
    text = f"Highest {known.title if known.title == 'SAR' else known.title.lower()}: {best.label}, "
    text += f"{value_text(metric.value, known)} ({interval_text(metric)}{_left_open(metric)})"
    against = _against(board, of, best)
    if against is None:
        yield Said(text + ".")
        return
    change = f"{difference_text(against.metric)} against {against.second.label}"
    interval = difference_interval_text(against.metric)
    told_p = ", ".join(part for part in (interval, p_text(against.p_holm)) if part)
    yield Said(f"{text}; {change}" + (f" ({told_p})." if told_p else "."), against.outcome)


def _left_open(metric: Metric) -> str:
    """What the unscored answers leave of a figure, where they are many."""
    if metric.n_unscored <= MUCH * (metric.n + metric.n_unscored):
        return ""
    return f"; {bounds_text(metric)} with its {metric.n_unscored:,} unscored"


def _against(board: Board, of: Measure, best: Standing) -> Comparison | None:
    return next((one for one in comparisons(board, of) if one.first is best), None)


def _on_frontier(board: Board, x: Sequence[Metric], y: Sequence[Metric]) -> list[str]:
    labels = {str(one.number): one.label for one in board.standings}
    return [labels[point.name] for point in points(board, x, y, "up") if point.on_frontier]


def _chose_by(board: Board, model: str) -> bool:
    """Whether an entrant chose among its answers by a scorer that asked the model."""
    scorers = (json.loads(one.entrant.settings).get("scorer", "") for one in board.standings)
    return any(scorer.endswith(f" by {model}") for scorer in scorers)


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" + ("" if n == 1 else "s")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
