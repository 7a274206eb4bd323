"""`specloop gate RUN --against OLD_RUN`: whether a run may replace the one before a revision."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from specloop.cli.common import JsonOption, tell_losses
from specloop.errors import InputError
from specloop.metrics import metric_of
from specloop.pipeline.gating import compare_runs
from specloop.records import Figure, Rule
from specloop.report.figure_text import difference_interval_text, difference_text, text_of
from specloop.report.gate_summary import as_markdown
from specloop.revision.gate import (
    GateReport,
    GateResult,
    GateRule,
    GateStanding,
    by_reason,
    conditions,
    headline,
    is_failed,
    results,
)
from specloop.store import write_text
from specloop.terminal import console, harmless, show, show_json, show_table

_GITHUB, _VARIABLE = "github", "GITHUB_STEP_SUMMARY"


def gate(  # noqa: PLR0913 - one parameter an option
    run: Path,
    *,
    against: Annotated[Path, Parameter(help="Run folder from before the revision.")],
    fail_if: Annotated[
        list[str] | None,
        Parameter(
            help="What ends with exit code 1: worse, worse>N, open>N, new-conflict, total-worse, "
            "ability-worse, ... (docs/revisions.md), `never`; repeatable, or with commas. Usually "
            "worse,total-worse,ability-worse,new-conflict.",
            negative="",
            consume_multiple=False,
        ),
    ] = None,
    entrant: Annotated[
        str, Parameter(help="Who is compared, by its label; usually what was trained.")
    ] = "",
    summary: Annotated[
        list[str] | None,
        Parameter(
            help="File for a Markdown summary; `github` adds it to the step's. Repeatable.",
            negative="",
            consume_multiple=False,
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Compare RUN's evaluation with that of the run before a revision, rule by rule.

    Exit code 0: no condition failed; 1: one did; 2: a run or an option cannot be used.
    """
    wanted = conditions(fail_if or ())
    targets = [_target(where) for where in summary or ()]
    for folder in (against, run):
        tell_losses(folder)
    report = compare_runs(run, against, entrant)
    found = results(report, wanted)
    text = as_markdown(report, found) if targets else ""
    for path, is_added in targets:
        _write(path, text, is_added=is_added)
    if json:
        show_json(_as_data(report, found))
    else:
        _print(report, found)
    if is_failed(found):
        sys.exit(1)


def _target(where: str) -> tuple[Path, bool]:
    """Where a summary goes, and whether it is added to what is there."""
    if where != _GITHUB:
        if Path(where).is_dir():
            raise InputError(f"--summary {where}: a folder; name a file in it")
        return Path(where), False
    if not os.environ.get(_VARIABLE):
        raise InputError(
            f"--summary github: {_VARIABLE} is not set, so this is no step of GitHub Actions; name "
            "a file"
        )
    return Path(os.environ[_VARIABLE]), True


def _write(path: Path, text: str, *, is_added: bool) -> None:
    there = path.read_text(encoding="utf-8") if is_added and path.is_file() else ""
    write_text(path, there + text)


def _print(report: GateReport, found: Sequence[GateResult]) -> None:
    for remark in report.remarks:
        console.print(f"specloop: {remark}", style="yellow", markup=False)
    show_table(_totals(report))
    worse, better = report.in_state("worse"), report.in_state("better")
    for title, lines in (("Rules worse", worse), ("Rules better", better)):
        if lines:
            show_table(_rules(f"{title}: {len(lines)}", lines))
    counts = Counter(line.standing.state for line in report.rules)
    states = [f"{n} {state}" for state, n in counts.items()]
    show(f"rules: {', '.join([*states, f'{len(report.gone)} gone'])}")
    for why, lines in by_reason(report.in_state("open")):
        show(f"  open, {why}: {len(lines)}")
    for conflict in report.conflicts:
        show(harmless(f"new conflict: {conflict}"))
    for one in found:
        show(f"{one.verdict:6} {one.condition}: {one.found}")
    show(f"gate: {headline(found)}")


def _totals(report: GateReport) -> Table:
    asked, now, both = report.n_requests
    table = Table(title=f"{report.entrant}: {both} requests in both runs, of {asked} and {now}")
    table.add_column("on the rules that did not change")
    for name in ("before", "now", "difference", ""):
        table.add_column(name)
    for name, one in report.totals.items():
        table.add_row(metric_of(name).title, *_cells(one))
    return table


def _rules(title: str, lines: Sequence[GateRule]) -> Table:
    table = Table(title=title)
    table.add_column("rule", max_width=50)
    for name in ("change", "before", "now", "difference", ""):
        table.add_column(name)
    for line in lines:
        table.add_row(Text(line.rule.text), line.change, *_cells(line.standing))
    return table


def _cells(one: GateStanding) -> tuple[str, ...]:
    interval = difference_interval_text(one.difference)
    change = f"{difference_text(one.difference)} [{interval}]" if interval else ""
    state = f"{one.state}: {one.why}" if one.why else one.state
    return text_of(one.before), text_of(one.after), change, state


def _as_data(report: GateReport, found: Sequence[GateResult]) -> dict[str, Any]:
    return {
        "passed": not is_failed(found),
        "conditions": [one._asdict() for one in found],
        "entrant": report.entrant,
        "documents": dict(zip(("before", "now"), report.documents, strict=True)),
        "requests": dict(zip(("before", "now", "both"), report.n_requests, strict=True)),
        "totals": {name: _standing(one) for name, one in report.totals.items()},
        "rules": [
            {
                "rule": line.rule.id,
                "text": line.rule.text,
                "change": line.change,
                "effect": line.effect,
                "was": _text(line.old),
                **_standing(line.standing),
            }
            for line in report.rules
        ],
        "gone": [{"rule": rule.id, "text": rule.text} for rule in report.gone],
        "new_conflicts": list(report.conflicts),
        "remarks": list(report.remarks),
    }


def _text(rule: Rule | None) -> str | None:
    return rule.text if rule else None


def _standing(one: GateStanding) -> dict[str, Any]:
    return {
        "state": one.state,
        "why": one.why or None,
        "paired": one.is_paired,
        **{name: _figure(getattr(one, name)) for name in ("before", "after", "difference")},
    }


def _figure(figure: Figure | None) -> dict[str, Any] | None:
    return figure.model_dump(mode="json") if figure else None
