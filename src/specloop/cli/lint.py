"""`specloop lint DOC...`: faults of a document for its authors and their CI."""

from __future__ import annotations

import asyncio
import inspect
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from specloop.aio.calls import opened
from specloop.errors import InputError
from specloop.linting.base import Finding, Severity, lints
from specloop.linting.document import LintDocument
from specloop.linting.exchange import as_commands, as_sarif
from specloop.linting.run import LintReport, chosen, lint
from specloop.linting.suggestions import MOST, suggest
from specloop.linting.written import as_data, as_text
from specloop.spec import read_document, read_spec
from specloop.spec.bounds import collected_later
from specloop.terminal import console, harmless, results, show, show_json

_Codes = Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)]


def lint_command(  # noqa: PLR0913 - one parameter an option
    *documents: Path,
    output: Annotated[
        Literal["text", "json", "sarif", "github"],
        Parameter(name="--format", help="How to print the findings."),
    ] = "text",
    select: Annotated[_Codes, Parameter(help="Only these codes or groups (CONFLICT).")] = None,
    ignore: Annotated[_Codes, Parameter(help="Not these codes or groups.")] = None,
    fail_on: Annotated[
        Literal["error", "warning", "info", "never"],
        Parameter(help="Exit with 1 if a finding is at least so grave."),
    ] = "error",
    explain: Annotated[
        str | None, Parameter(help="Print what a code means and stop; `all` lists the codes.")
    ] = None,
    model: Annotated[
        str | None, Parameter(help="Model that is asked about pairs of rules; adds warnings only.")
    ] = None,
    max_pairs: Annotated[int, Parameter(help="Most pairs that the model is asked about.")] = MOST,
) -> None:
    """Check DOCUMENTS for conflicts, duplicates, vague rules, dead references and more.

    Exit code 0: no finding at or above --fail-on; 1: there is one; 2: a document or an option
    cannot be used.
    """
    if explain is not None:
        _explain(explain)
        return
    if not documents:
        raise InputError("name a document: specloop lint DOC")
    codes = chosen(select or (), ignore or ())
    whole = not select and not ignore
    with collected_later() if model is None else nullcontext():
        reports = [_linted(path, codes, model, max_pairs, whole=whole) for path in documents]
        _print(reports, output)
    if fail_on != "never" and any(report.n_from(fail_on) for report in reports):
        sys.exit(1)


def _linted(
    path: Path, codes: list[str], model: str | None, max_pairs: int, *, whole: bool
) -> LintReport:
    document = LintDocument.of(read_spec(read_document(path)), beside=path.parent)
    suggested: list[Finding] = []
    if model is not None:
        suggested = asyncio.run(_suggested(document, model, max_pairs))
    return lint(document, str(path), None if whole else codes, suggested)


async def _suggested(document: LintDocument, model: str, most: int) -> list[Finding]:
    async with opened({"judge": model}, {}) as models:
        role_model = models.models.get("judge")
        assert role_model is not None
        return await suggest(document, role_model, most, _tell)


def _tell(remark: str) -> None:
    console.print(f"  {remark}", style="yellow")


def _print(reports: list[LintReport], output: str) -> None:
    if output == "json":
        show_json(as_data(reports))
    elif output == "sarif":
        show_json(as_sarif(reports))
    elif output == "github":
        for report in reports:
            for line in as_commands(report):
                show(harmless(line))
    else:
        for report in reports:
            for line in as_text(report, results.width):
                show(line)


def _explain(code: str) -> None:
    """Print the page of a code, or of each code of a group."""
    if code.lower() == "all":
        for name in lints.names():
            lint_ = lints.get(name)
            show(f"{name:20} {lint_.severity:8} {lint_.title}")
        return
    for name in chosen([code]):
        lint_ = lints.get(name)
        grade: Severity = lint_.severity
        show(f"{name} ({grade}): {lint_.title}")
        show("")
        for line in inspect.cleandoc(lint_.__doc__ or "").splitlines():
            show(line)
        show("")
        show(f"To suppress it at one place: <!-- specloop-lint: ignore {name} -->")
