"""The page of a benchmark run: one self-contained HTML file.

As on the run's own page, everything from data or a model is data: escaped by the template, written
as text by the script.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from specloop.records import Failure
from specloop.report.data import Manifest, ReportData
from specloop.report.shell import render, script_json
from specloop.report.specbench.claims import counts, judging, opening, statements, warnings
from specloop.report.specbench.grids import (
    alpha_panels,
    alphas,
    group_grids,
    spec_grids,
    summary_grid,
    token_grid,
)
from specloop.report.specbench.payload import answers_payload
from specloop.report.specbench.scatter import scatters
from specloop.report.stages import run_part
from specloop.responding.answers import is_failed
from specloop.specbench.agreement import Agreement, agreement
from specloop.specbench.cases import called, judges_of
from specloop.specbench.comparison import BenchComparison
from specloop.specbench.stored import Stored
from specloop.stats import Rate
from specloop.store import RunFolder

BENCH_REPORT_FILE = "specbench.html"
_STYLES = ("style.css", "specbench/style.css")
_SCRIPTS = ("shell.js", "specbench/script.js")


def write_bench_report(run: RunFolder, comparison: BenchComparison) -> Path:
    """Render the page of the folder's comparison into the folder and return its path."""
    return run.write_text(BENCH_REPORT_FILE, render_bench_report(run, comparison))


def render_bench_report(run: RunFolder, comparison: BenchComparison) -> str:
    """The whole page of a run folder's comparison as HTML; the same records give the same page."""
    payload = answers_payload(comparison)
    data = ReportData(
        failures=still_failed(run, comparison.stored),
        manifest=Manifest.of(run.manifest(), str(run / "manifest.json")),
        name=run.path.resolve().name,
    )
    page: dict[str, Any] = {
        **run_part(data),
        "kind": "benchmark",
        "tabs": ("Results", "Breakdown", "Answers", "Run"),
        "comparison": comparison,
        "agreements": list(_agreements(comparison)),
        "opening": opening(comparison),
        "judging": judging(comparison),
        "statements": statements(comparison),
        "warnings": warnings(comparison),
        "counts": counts(comparison),
        "scatters": scatters(comparison),
        "summary": summary_grid(comparison),
        "tokens": token_grid(comparison),
        "alphas": [f"{alpha:g}" for alpha in alphas(comparison)],
        "alpha_panels": list(alpha_panels(comparison)),
        "groups": list(group_grids(comparison)),
        "specs": list(spec_grids(comparison)),
        "entrants": list(_entrants(comparison)),
        "n_shown": len(payload["rows"]),
        "n_rows": payload["n_rows"],
        "payloads": {"answers": script_json(payload)},
    }
    return render("specbench/template.html", page, _STYLES, _SCRIPTS, _FILTERS)


def still_failed(run: RunFolder, stored: Stored) -> tuple[Failure, ...]:
    """Failures that no later attempt has repaired."""
    ids = {record.id for record in stored.answers if not is_failed(record)}
    ids |= {record.id for record in stored.judgements}
    return tuple(failure for failure in run.read(Failure) if failure.record not in ids)


def _agreements(comparison: BenchComparison) -> Iterator[Agreement]:
    """The agreement of the page's judge with each other judge of the folder."""
    stored, judge, options = comparison.stored, comparison.judge, comparison.options
    for other in judges_of(stored.judgements):
        if judge and other != judge:
            pair = agreement(stored, (judge, other), options.alpha, options.how)
            if pair.n_answers:
                yield pair


def _entrants(comparison: BenchComparison) -> Iterator[tuple[str, ...]]:
    """The facts of each entrant, for the table of what was compared."""
    for result in comparison.results:
        entrant = result.entrant
        yield (
            result.label,
            entrant.model,
            called(entrant.method, entrant.settings),
            entrant.protocol,
            _sampling_text(entrant.sampling),
            str(len(result.cases)),
        )


def _sampling_text(sampling: str) -> str:
    """The sampling in words, without settings that have no effect."""
    idle = {"top_k": 0, "top_p": 1.0, "stop": []}
    fields = json.loads(sampling).items()
    return ", ".join(f"{key} {value}" for key, value in fields if idle.get(key, ...) != value)


def _kappa_rows(agreement: Agreement) -> list[tuple[str, ...]]:
    names = {"safety": "safety", "behavioral": "behaviour", None: "all"}
    return [
        (
            names[kappa.category],
            _rate_text(kappa.kappa),
            _rate_text(kappa.same),
            str(kappa.same.n),
            str(kappa.n_unscored),
        )
        for kappa in agreement.kappas
    ]


def _rate_text(rate: Rate) -> str:
    if rate.value is None:
        return "–"
    if rate.ci_low is None or rate.ci_high is None:
        return f"{rate.value:.2f}"
    return f"{rate.value:.2f} ({rate.ci_low:.2f}–{rate.ci_high:.2f})"


_FILTERS: dict[str, Callable[..., object]] = {
    "kappa_rows": _kappa_rows,
    "rate_text": _rate_text,
}
