"""The page of a benchmark run: one self-contained HTML file.

As on the run's own page, everything from data or a model is data: escaped by the template, written
as text by the script.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from markupsafe import Markup

from specloop.records import Figure
from specloop.report.payload import script_json
from specloop.report.shell import inline, render
from specloop.report.specbench.claims import counts, judging, opening, statements, warnings
from specloop.report.specbench.data import BenchData, bench_data
from specloop.report.specbench.grids import (
    ColumnHead,
    Grid,
    GridCell,
    GridRow,
    alpha_panels,
    alphas,
    columns_of,
    group_grids,
    spec_grids,
    summary_grid,
)
from specloop.report.specbench.payload import answers_payload
from specloop.report.specbench.scatter import scatters
from specloop.report.stages import (
    config_entries,
    cost_rows,
    duration_text,
    failure_rows,
    seconds_total,
    seed_entries,
)
from specloop.specbench.comparison import BenchComparison, token_lines
from specloop.specbench.tokens import TITLES, Takes
from specloop.stats import Rate
from specloop.store import RunFolder

BENCH_REPORT_FILE = "specbench.html"
_TOKEN_HEADS = tuple(ColumnHead(*TITLES[name]) for name in Takes._fields)


def write_bench_report(run: RunFolder, comparison: BenchComparison) -> Path:
    """Render the page of the folder's comparison into the folder and return its path."""
    return run.write_text(BENCH_REPORT_FILE, render_bench_report(bench_data(run, comparison)))


def render_bench_report(data: BenchData) -> str:
    """The whole page as HTML; the same data give the same page."""
    comparison, payload = data.comparison, answers_payload(data.comparison)
    page: dict[str, Any] = {
        "data": data,
        "comparison": comparison,
        "manifest": data.run.manifest,
        "opening": opening(data),
        "judging": judging(data),
        "statements": statements(data),
        "warnings": warnings(data),
        "counts": counts(comparison),
        "scatters": scatters(comparison),
        "summary": summary_grid(comparison),
        "tokens": _token_grid(comparison),
        "alphas": [f"{alpha:g}" for alpha in alphas(comparison)],
        "alpha_panels": list(alpha_panels(comparison)),
        "groups": list(group_grids(comparison)),
        "specs": list(spec_grids(comparison)),
        "costs": cost_rows(data.run),
        "seconds": seconds_total(data.run),
        "failures": failure_rows(data.run),
        "seeds": seed_entries(data.run),
        "config": config_entries(data.run),
        "n_shown": len(payload["rows"]),
        "n_rows": payload["n_rows"],
        "answers_json": Markup(script_json(payload)),
        "inline": inline(("style.css", "specbench/style.css"), ("shell.js", "specbench/script.js")),
    }
    return render("specbench/template.html", page, _FILTERS)


def _token_grid(comparison: BenchComparison) -> Grid:
    rows = (
        GridRow(result.label, tuple(_amount(figure) for figure in taken), result.number)
        for result, taken in zip(comparison.results, token_lines(comparison), strict=True)
    )
    note = "Means an answer, with intervals where they vary."
    return Grid("What an answer takes", note, "Entrant", _TOKEN_HEADS, tuple(rows))


def _amount(figure: Figure) -> GridCell | None:
    if figure.value is None:
        return None
    interval = ""
    if figure.ci_low is not None and figure.ci_high is not None:
        interval = f"{_amount_text(figure.ci_low)}–{_amount_text(figure.ci_high)}"
    return GridCell(_amount_text(figure.value), interval)


def _amount_text(value: float) -> str:
    """A count or mean of counts, with a decimal only if it matters."""
    return f"{value:,.0f}" if value >= 100 or value.is_integer() else f"{value:.1f}"


def _sampling_text(sampling: str) -> str:
    """The sampling in words, without settings that have no effect."""
    idle = {"top_k": 0, "top_p": 1.0, "stop": []}
    fields = json.loads(sampling).items()
    return ", ".join(f"{key} {value}" for key, value in fields if idle.get(key, ...) != value)


def _rate_text(rate: Rate) -> str:
    if rate.value is None:
        return "–"
    if rate.ci_low is None or rate.ci_high is None:
        return f"{rate.value:.2f}"
    return f"{rate.value:.2f} ({rate.ci_low:.2f}–{rate.ci_high:.2f})"


_FILTERS: dict[str, Callable[..., object]] = {
    "columns_of": columns_of,
    "duration_text": duration_text,
    "rate_text": _rate_text,
    "sampling_text": _sampling_text,
}
