"""How well judges find exact sets of broken rules: in the terminal, and as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.table import Table

from specloop.calibration.sets import (
    ABOVE,
    BY_ANSWER,
    EXACT,
    GUESS,
    PRECISION,
    RECALL,
    UNSCORED,
)
from specloop.calibration.table import figure_cell
from specloop.records import Figure, SetScore

OF_ALL = {
    EXACT: "Exact set",
    ABOVE: "above guessing",
    PRECISION: "Precision",
    RECALL: "Recall",
    f"{PRECISION} {BY_ANSWER}": "Precision, mean of answers",
    f"{RECALL} {BY_ANSWER}": "Recall, mean of answers",
    UNSCORED: "Unscored",
}
OF_KIND = {EXACT: "exact set", PRECISION: "precision", RECALL: "recall"}


def sets_table(scores: Sequence[SetScore]) -> Table:
    """One row a figure, in total and by kind, one column a judge; before them what guessing that
    nothing is broken gives."""
    first = scores[0]
    table = Table(title=f"Exact sets of broken rules, {first.n_items} answers", show_lines=True)
    for title in ("", "guess: nothing broken", *(one.label for one in scores)):
        table.add_column(title)
    for name, title in OF_ALL.items():
        table.add_row(title, _guess(first, name, ""), *_cells(scores, name, ""))
    for kind in dict.fromkeys(figure.group for figure in first.figures if figure.group):
        for name, title in OF_KIND.items():
            row = f"{kind}: {title}"
            table.add_row(row, _guess(first, name, kind), *_cells(scores, name, kind))
    table.add_row("Tokens an answer", "0", *(f"{tokens_an_answer(one):.0f}" for one in scores))
    return table


def sets_remarks(scores: Sequence[SetScore], differences: Sequence[Figure]) -> Iterator[str]:
    """Where the items are from, what could not be read, and how the judges differ."""
    yield f"items: {scores[0].items}"
    if scores[0].intervals:
        yield f"with {scores[0].intervals} (sets.confidence)"
    for one in scores:
        exact = one.figure(EXACT)
        if exact and exact.n_unscored:
            yield (
                f"{one.label}: {exact.n_unscored} answers have a verdict that could not be read;"
                f" with them, exact sets are {exact.bound_low:.2f} to {exact.bound_high:.2f}"
            )
    for one in differences:
        if one.value is not None:
            ends = f"[{one.ci_low:+.2f}, {one.ci_high:+.2f}]" if one.ci_low is not None else ""
            p_value = f", p={one.p_value:.3f}" if one.p_value is not None else ""
            yield (
                f"{one.group} minus {scores[0].label}: {one.value:+.2f} {ends} exact sets"
                f" (n={one.n}{p_value})"
            )


def sets_data(scores: Sequence[SetScore], differences: Sequence[Figure]) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "scores": [
            one.model_dump(mode="json")
            | {"confidence": one.confidence, "tokens_an_answer": tokens_an_answer(one)}
            for one in scores
        ],
        "differences": [one.model_dump(mode="json") for one in differences],
    }


def _cells(scores: Sequence[SetScore], name: str, group: str) -> list[str]:
    return [figure_cell(one.figure(name, group)) for one in scores]


def _guess(score: SetScore, name: str, group: str) -> str:
    """What guessing that nothing is broken gives: it names no rule, so it has no precision."""
    if name == EXACT:
        return figure_cell(score.figure(GUESS, group))
    recall = score.figure(RECALL, group)
    return "0.00" if name == RECALL and recall and recall.n else "-"


def tokens_an_answer(score: SetScore) -> float:
    """Tokens in and out of the verdicts on an answer."""
    cost = score.cost
    return (cost.prompt_tokens + cost.completion_tokens) / score.n_items
