"""The page: one self-contained HTML file from the records of a run.

Everything from the document or a model is data: the template escapes it, the script writes it only
as text, and the page's policy allows only the script and the style whose hashes it names, and no
network at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from specloop.evaluation.table import remarks, table_title
from specloop.measuring.compliance import COMPLIANCE
from specloop.records import Evaluation, TrainingRun, strategy_text
from specloop.report.answers import answers_payload
from specloop.report.baselines import over_model_alone, prompt_over_base
from specloop.report.bench_versions import versions_grid
from specloop.report.claims import headline_figures, not_whole, statements
from specloop.report.comparison import ShownEvaluations, contrast_of, label_text
from specloop.report.data import ReportData, load_report_data
from specloop.report.document import lay_out
from specloop.report.figure_text import (
    bounds_text,
    corrected_value_text,
    difference_interval_text,
    difference_text,
    interval_text,
    text_of,
)
from specloop.report.grids import Grid, tables
from specloop.report.judge_sets import sets_grids
from specloop.report.judges import judges_part
from specloop.report.open_rules import open_rows, origin_counts, rule_rows, would_be
from specloop.report.payload import pairs_payload, rules_payload
from specloop.report.plots import dumbbells, panels, span_of
from specloop.report.revision import (
    COUNTS,
    changed_words,
    revision_changes,
    revision_counts,
    revision_parts,
)
from specloop.report.rules import edit_rows, entrant_of, numbers_of, rule_views
from specloop.report.shell import render, script_json
from specloop.report.stages import duration_text, run_part, size_text, states
from specloop.report.standing import ORIGINS
from specloop.store import RunFolder

REPORT_FILE = "report.html"
_SCRIPTS = ("shell.js", "diff.js", "download.js", "answers.js", "script.js")


def write_report(run: RunFolder) -> Path:
    """Render the run's page into the folder and return its path."""
    return run.write_text(REPORT_FILE, render_report(load_report_data(run)))


def render_report(data: ReportData) -> str:
    """The whole page as HTML. The same data give the same page."""
    contrast = contrast_of(data)
    views = rule_views(data, contrast)
    layout = lay_out(data.document, data.sections, views, data.manifest.document.format)
    answers = answers_payload(data, contrast, views)
    answered = {column[0] for column in answers["columns"]}
    payloads = {
        "rules": script_json(rules_payload(data, contrast, views, answered)),
        "pairs": script_json(pairs_payload(data, views)),
        "answers": script_json(answers),
    }
    untrained = (*not_whole(contrast), *prompt_over_base(data, contrast))
    page: dict[str, Any] = {
        **run_part(data),
        "kind": "report",
        "tabs": ("Results", "Document", "Judges", "Answers", "Pairs", "Run"),
        "contrast": contrast,
        "views": views,
        "entrants": [label_text(evaluation, contrast) for evaluation in contrast.shown],
        "entrant": entrant_of(contrast),
        "origins": ORIGINS,
        "origin_counts": origin_counts(views),
        "rule_rows": rule_rows(contrast, views),
        "open_rows": open_rows(contrast, views),
        "would_be": tuple(would_be(contrast)),
        "numbers": numbers_of(views),
        "figures": headline_figures(contrast, views),
        "statements": statements(data, contrast, views),
        "untrained": (*untrained, *over_model_alone(contrast)),
        "compliance": contrast.change(COMPLIANCE),
        "panels": panels(contrast),
        "dumbbells": dumbbells(contrast, views),
        "tables": tables(contrast, views),
        "compared": list(_compared(contrast)),
        "changed": list(revision_changes(data)),
        "changed_words": changed_words(data),
        "revision_heads": COUNTS,
        "revision_counts": list(revision_counts(data)),
        "revision": list(revision_parts(data.revision_figures)),
        "versions": list(filter(None, map(versions_grid, data.versions))),
        "benchmarks": [_benchmark(data, every) for every in data.benchmarks if every],
        "layout": layout,
        "edits": edit_rows(data, numbers_of(views)),
        "parts": {block.section.id: block for block in layout.blocks if block.section},
        "judges": judges_part(data, contrast),
        "sets": sets_grids(data.set_scores),
        "bar": data.bar,
        "states": states(data),
        "pair_levels": Counter(pair.level for pair in data.pairs if pair.level),
        "trainings": list(_trainings(data)),
        "answers": answers,
        "payloads": payloads,
        "answers_size": size_text(len(payloads["answers"].encode())),
    }
    return render("template.html", page, ("style.css",), _SCRIPTS, _FILTERS)


def _benchmark(data: ReportData, evaluations: Sequence[Evaluation]) -> Grid:
    """The totals on another benchmark, in one table."""
    totals = tuple(
        evaluation.model_copy(
            update={"metrics": tuple(m for m in evaluation.metrics if not m.group)}
        )
        for evaluation in evaluations
    )
    contrast = contrast_of(replace(data, evaluations=totals))
    grids = tables(contrast, ())
    notes = tuple(remarks(contrast.shown))
    rows = tuple(row for grid in grids for row in grid.rows)
    return grids[0]._replace(title=table_title(contrast.shown), notes=notes, rows=rows)


def _compared(contrast: ShownEvaluations) -> Iterator[tuple[str, ...]]:
    """The facts of each evaluation, for the table of what was compared."""
    for evaluation in contrast.shown:
        cost = evaluation.cost
        cached = f" ({cost.n_cached} from cache)" if cost.n_cached else ""
        yield (
            label_text(evaluation, contrast),
            evaluation.model,
            f"{strategy_text(evaluation.method, evaluation.settings)}, told {evaluation.told}",
            evaluation.benchmark[:16],
            f"{cost.n_calls}{cached}",
            f"{cost.prompt_tokens:,}, {cost.completion_tokens:,}",
            duration_text(cost.wall_s),
        )


def _trainings(data: ReportData) -> Iterator[tuple[str, ...]]:
    """The facts of each training."""
    for label, training in data.trained.items():
        yield (
            label,
            training.base,
            str(training.n_pairs),
            f"{training.best_step}{', stopped early' if training.stopped_early else ''}",
            _validated(training),
            duration_text(training.wall_s),
            f"{training.peak_rss_mb:,.0f} MB",
            training.model_path,
        )


def _validated(training: TrainingRun) -> str:
    """The validation score, and which judge had a part in it."""
    if training.best_score is None:
        return "-"
    judge = training.validated_by
    by = f", judged by {judge['judge']}:{judge['model']}" if judge else ""
    return f"{100 * training.best_score:.1f}%{by}"


_FILTERS: dict[str, Callable[..., object]] = {
    "text_of": text_of,
    "interval_text": interval_text,
    "difference_text": difference_text,
    "difference_interval_text": difference_interval_text,
    "bounds_text": bounds_text,
    "corrected_value_text": corrected_value_text,
    "span_of": span_of,
}
