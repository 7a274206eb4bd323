"""The tables of the Judges tab on exact sets of broken rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from specloop.calibration.sets import EXACT, GUESS
from specloop.calibration.sets_table import OF_ALL, OF_KIND, tokens_an_answer
from specloop.records import SetScore
from specloop.report.grids import Grid, GridCell, Head, Row, plain_cell


def sets_grids(scores: Sequence[SetScore]) -> tuple[Grid, ...]:
    """A table for each set of items, in total and by what makes items hard; before the judges what
    guessing that nothing is broken gives."""
    by_items: dict[str, list[SetScore]] = {}
    for score in scores:
        by_items.setdefault(score.items_digest, []).append(score)
    return tuple(_grid(own) for own in by_items.values())


def _grid(scores: Sequence[SetScore]) -> Grid:
    first = scores[0]
    heads = (Head("Guess: nothing broken"), *(Head(one.label) for one in scores))
    cells = (GridCell(f"{tokens_an_answer(one):,.0f}") for one in scores)
    return Grid(
        f"Exact sets of broken rules, {first.n_items} answers",
        f"A set is exact where a judge finds just the broken rules. Items: {first.items}"
        + (f"; {first.intervals}" if first.intervals else ""),
        "Figure",
        heads,
        (*_rows(scores), Row("Tokens an answer", (None, *cells))),
        is_open=True,
    )


def _rows(scores: Sequence[SetScore]) -> Iterator[Row]:
    first = scores[0]
    kinds = dict.fromkeys(figure.group for figure in first.figures if figure.group)
    names = [("", name, title) for name, title in OF_ALL.items()]
    names += [(kind, name, f"{kind}: {t}") for kind in kinds for name, t in OF_KIND.items()]
    for kind, name, title in names:
        guess = first.figure(GUESS, kind) if name == EXACT else None
        yield Row(title, tuple(map(plain_cell, (guess, *(s.figure(name, kind) for s in scores)))))
