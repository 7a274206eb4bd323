"""The page: one self-contained HTML file from the records of a run.

Everything from the document or a model is data: the template escapes it, the script writes it as
text only, and the page's policy allows no script or style but the two whose hashes it names, and no
network at all.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from specloop.report.claims import headline_figures, statements
from specloop.report.comparison import contrast_of, label_text, metric_of
from specloop.report.data import ReportData, load_report_data
from specloop.report.document import lay_out
from specloop.report.measures import (
    bounds_text,
    difference_interval_text,
    difference_text,
    interval_text,
    value_text,
)
from specloop.report.payload import pairs_payload, rules_payload, script_json
from specloop.report.plots import dumbbells, panels, span_of
from specloop.report.rules import numbers_of, rule_views
from specloop.report.stages import (
    config_entries,
    cost_rows,
    duration_text,
    failure_rows,
    seconds_total,
    seed_entries,
    states,
)
from specloop.report.tables import tables
from specloop.store import RunFolder

REPORT_FILE = "report.html"


def write_report(run: RunFolder) -> Path:
    """Render the run's page into the folder and say where it is."""
    return run.write_text(REPORT_FILE, render_report(load_report_data(run)))


def render_report(data: ReportData) -> str:
    """The whole page as HTML; the same data give the same page."""
    contrast = contrast_of(data)
    views = rule_views(data, contrast)
    layout = lay_out(data.document, data.sections, views)
    page = {
        "data": data,
        "contrast": contrast,
        "views": views,
        "numbers": numbers_of(views),
        "figures": headline_figures(contrast),
        "statements": statements(data, contrast),
        "total": metric_of(contrast.after, "rcs"),
        "panels": panels(contrast),
        "dumbbells": dumbbells(contrast, views),
        "tables": tables(contrast, views),
        "layout": layout,
        "parts": {block.section: block for block in layout.blocks},
        "states": states(data),
        "costs": cost_rows(data),
        "seconds": seconds_total(data),
        "failures": failure_rows(data),
        "seeds": seed_entries(data),
        "config": config_entries(data),
        "rules_json": Markup(script_json(rules_payload(data, views))),
        "pairs_json": Markup(script_json(pairs_payload(data, views))),
        "style": Markup(_part("style.css")),
        "script": Markup(_script()),
        "policy": _policy(),
    }
    html = _environment().get_template("template.html").render(page)
    return html.replace("\0", "\ufffd")


@cache
def _part(name: str) -> str:
    return files("specloop.report").joinpath(name).read_text(encoding="utf-8")


def _script() -> str:
    return _part("diff.js") + _part("script.js")


@cache
def _policy() -> str:
    style, script = (_source(text) for text in (_part("style.css"), _script()))
    return (
        f"default-src 'none'; style-src {style}; script-src {script}; "
        "base-uri 'none'; form-action 'none'"
    )


def _source(text: str) -> str:
    """An inline part's digest as the policy names it."""
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=DictLoader({"template.html": _part("template.html")}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., object]] = {
        "value_text": value_text,
        "interval_text": interval_text,
        "difference_text": difference_text,
        "difference_interval_text": difference_interval_text,
        "bounds_text": bounds_text,
        "duration_text": duration_text,
        "label_text": label_text,
        "span_of": span_of,
    }
    for name, function in filters.items():
        environment.filters[name] = function
    return environment
