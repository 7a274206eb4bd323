"""The page: one self-contained HTML file from the records of a run.

Everything from the document or a model is data: the template escapes it, the script writes it only
as text, and the page's policy allows only the script and the style whose hashes it names, and no
network at all.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from markupsafe import Markup

from specloop.measuring.compliance import COMPLIANCE
from specloop.report.answers import answers_payload
from specloop.report.baselines import over_model_alone, prompt_over_base
from specloop.report.claims import not_whole, statements
from specloop.report.comparison import contrast_of, figure_of, label_text
from specloop.report.data import ReportData, load_report_data
from specloop.report.document import lay_out
from specloop.report.figure_text import (
    bounds_text,
    difference_interval_text,
    difference_text,
    interval_text,
    value_text,
)
from specloop.report.headline import headline_figures
from specloop.report.payload import pairs_payload, rules_payload, script_json
from specloop.report.plots import dumbbells, panels, span_of
from specloop.report.rules import edit_rows, numbers_of, rule_views
from specloop.report.shell import inline, render
from specloop.report.stages import (
    config_entries,
    cost_rows,
    duration_text,
    failure_rows,
    seconds_total,
    seed_entries,
    size_text,
    states,
)
from specloop.report.tables import tables
from specloop.responding.entrant import with_options
from specloop.store import RunFolder

REPORT_FILE = "report.html"


def write_report(run: RunFolder) -> Path:
    """Render the run's page into the folder and return its path."""
    return run.write_text(REPORT_FILE, render_report(load_report_data(run)))


def render_report(data: ReportData) -> str:
    """The whole page as HTML. The same data give the same page."""
    contrast = contrast_of(data)
    views = rule_views(data, contrast)
    layout = lay_out(data.document, data.sections, views, data.manifest.document.format)
    answers = answers_payload(data, contrast, views)
    answers_json = script_json(answers)
    answered = {rule for rule, _, _ in answers["columns"]}
    page = {
        "data": data,
        "contrast": contrast,
        "views": views,
        "numbers": numbers_of(views),
        "figures": headline_figures(contrast, views),
        "statements": statements(data, contrast, views),
        "prompted": [*prompt_over_base(data, contrast), *over_model_alone(contrast)],
        "not_whole": list(not_whole(contrast)),
        "totals": [
            ("before", figure_of(contrast.before, COMPLIANCE)),
            ("after", figure_of(contrast.after, COMPLIANCE)),
        ],
        "panels": panels(contrast),
        "dumbbells": dumbbells(contrast, views),
        "tables": tables(contrast, views),
        "layout": layout,
        "edits": edit_rows(data, numbers_of(views)),
        "parts": {block.section: block for block in layout.blocks},
        "states": states(data),
        "costs": cost_rows(data),
        "seconds": seconds_total(data),
        "failures": failure_rows(data),
        "seeds": seed_entries(data),
        "config": config_entries(data),
        "rules_json": Markup(script_json(rules_payload(data, views, answered))),
        "pairs_json": Markup(script_json(pairs_payload(data, views))),
        "answers": answers,
        "answers_size": size_text(len(answers_json.encode())),
        "answers_json": Markup(answers_json),
        "inline": inline(
            ("style.css",), ("shell.js", "diff.js", "download.js", "answers.js", "script.js")
        ),
    }
    return render("template.html", page, _FILTERS)


_FILTERS: dict[str, Callable[..., object]] = {
    "value_text": value_text,
    "interval_text": interval_text,
    "difference_text": difference_text,
    "difference_interval_text": difference_interval_text,
    "bounds_text": bounds_text,
    "duration_text": duration_text,
    "label_text": label_text,
    "with_options": with_options,
    "span_of": span_of,
}
