"""A board and a comparison of judges as plain data, for `--json`."""

from __future__ import annotations

from typing import Any

from specloop.ended import tally
from specloop.records import Metric
from specloop.specbench.agreement import Agreement
from specloop.specbench.board import (
    Board,
    Comparison,
    comparisons,
    measures_of,
    token_lines,
    totals,
)
from specloop.specbench.figures import Measure


def board_data(board: Board) -> dict[str, Any]:
    """Every entrant's figures in both conventions for NA, and the paired differences."""
    measures = _measures(board)
    columns = [totals(board, of) for of in measures]
    entrants = [
        {
            "label": standing.label,
            "n_answers": len(standing.cases),
            "adversarial": not standing.is_plain,
            "n_asked": len(standing.asked),
            "not_whole": tally(standing.ends),
            "figures": [_metric(one) for one in figures],
            "tokens": {name: _metric(one) for name, one in taken._asdict().items()},
        }
        for standing, taken, *figures in zip(
            board.standings, token_lines(board), *columns, strict=True
        )
    ]
    return {
        "judge": board.judge.label if board.judge else None,
        "alpha": board.options.alpha,
        "n_prompts": len(board.stored.rows),
        "entrants": entrants,
        "differences": [_comparison(one) for of in measures for one in comparisons(board, of)],
    }


def agreement_data(found: Agreement) -> dict[str, Any]:
    """How far two judges agree; `category` null means all specs."""
    return {
        "judges": [found.first.label, found.second.label],
        "n_answers": found.n_answers,
        "n_differences": len(found.differences),
        "sar_gap": found.sar_gap._asdict(),
        "same_safety": found.same_safety._asdict(),
        "agreement": [
            {
                "category": one.category,
                "kappa": one.kappa._asdict(),
                "same": one.same._asdict(),
                "n_unscored": one.n_unscored,
            }
            for one in found.kappas
        ],
    }


def _measures(board: Board) -> list[Measure]:
    both = (*measures_of(board, "counted"), *measures_of(board, "left out"))
    return list({of.name: of for of in both}.values())


def _metric(metric: Metric) -> dict[str, Any]:
    return metric.model_dump(mode="json")


def _comparison(one: Comparison) -> dict[str, Any]:
    return {
        "entrant": one.first.label,
        "against": one.second.label,
        "difference": one.metric.model_dump(mode="json", exclude={"p_holm", "outcome"}),
        "p_holm": one.metric.p_holm,
        "outcome": one.metric.outcome,
    }
