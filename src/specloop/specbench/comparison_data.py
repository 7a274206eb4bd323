"""A comparison of entrants, and one of judges, as plain data, for `--json`."""

from __future__ import annotations

from typing import Any

from specloop.ended import tally
from specloop.records import Figure
from specloop.specbench.agreement import Agreement
from specloop.specbench.comparison import (
    BenchComparison,
    PairedDifference,
    metrics_of,
    paired_differences,
    token_lines,
    totals,
)


def comparison_data(comparison: BenchComparison) -> dict[str, Any]:
    """Every entrant's figures in both conventions for NA, and the paired differences."""
    metrics = metrics_of(comparison)
    columns = [totals(comparison, of) for of in metrics]
    entrants = [
        {
            "label": result.label,
            "n_answers": len(result.cases),
            "adversarial": not result.is_plain,
            "n_asked": len(result.asked),
            "not_whole": tally(result.ends),
            "figures": [_figure(figure) for figure in figures],
            "tokens": {name: _figure(one) for name, one in taken._asdict().items()},
        }
        for result, taken, *figures in zip(
            comparison.results, token_lines(comparison), *columns, strict=True
        )
    ]
    return {
        "judge": comparison.judge.label if comparison.judge else None,
        "alpha": comparison.options.alpha,
        "n_prompts": len(comparison.stored.rows),
        "entrants": entrants,
        "differences": [
            _difference(paired_difference)
            for of in metrics
            for paired_difference in paired_differences(comparison, of)
        ],
    }


def agreement_data(agreed: Agreement) -> dict[str, Any]:
    """How far two judges agree; `category` null means all specs."""
    return {
        "judges": [agreed.first.label, agreed.second.label],
        "n_answers": agreed.n_answers,
        "n_differences": len(agreed.differences),
        "sar_gap": agreed.sar_gap._asdict(),
        "same_safety": agreed.same_safety._asdict(),
        "agreement": [
            {
                "category": kappa.category,
                "kappa": kappa.kappa._asdict(),
                "same": kappa.same._asdict(),
                "n_unscored": kappa.n_unscored,
            }
            for kappa in agreed.kappas
        ],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return figure.model_dump(mode="json")


def _difference(one: PairedDifference) -> dict[str, Any]:
    return {
        "entrant": one.first.label,
        "against": one.second.label,
        "difference": one.figure.model_dump(mode="json", exclude={"p_holm", "outcome"}),
        "p_holm": one.figure.p_holm,
        "outcome": one.figure.outcome,
    }
