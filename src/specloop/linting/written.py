"""Findings as text, with their source lines and carets as compilers show them, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.cells import cell_len

from specloop.linting.base import SEVERITIES, Finding, lints
from specloop.linting.run import LintReport
from specloop.terminal import harmless

_TAB = 4
_BEFORE = 20
"""Columns that are shown before a place far to the right."""


def as_text(report: LintReport, width: int = 120) -> Iterator[str]:
    """The lines for a terminal of this width. What comes from the document is made harmless."""
    for finding in report.findings:
        by = f" (suggested by {finding.suggested_by})" if finding.suggested_by else ""
        for n, span in enumerate(finding.spans):
            line, column = report.document.place(span[0])
            at = f"{report.where}:{line}:{column}"
            said = (
                f"{finding.severity} {finding.code}: {finding.message}{by}"
                if n == 0
                else "against this"
            )
            yield _safe(f"{at}: {said}")
            yield from _shown(report, span, width)
        yield _safe(f"  help: {finding.remedy}")
        yield ""
    yield summary(report)


def summary(report: LintReport) -> str:
    """The counts in one line."""
    counts = [
        f"{n} {name}{'s' * (n != 1 and name != 'info')}"
        for name in SEVERITIES
        if (n := report.counts[name])
    ]
    kept_back = f"; {report.n_suppressed} suppressed" if report.n_suppressed else ""
    return _safe(f"{report.where}: {', '.join(counts) or 'nothing found'}{kept_back}")


def _shown(report: LintReport, span: tuple[int, int], width: int) -> Iterator[str]:
    """The first line of a place with its number, and carets below its words."""
    document = report.document
    number, column = document.place(span[0])
    start = document.starts[number - 1]
    line = document.text[start : document.starts[number] if number < len(document.starts) else None]
    line = line.rstrip("\r\n")
    before = _flat(line[: column - 1])
    quoted = _flat(line[column - 1 : column - 1 + max(1, span[1] - span[0])])
    after = _flat(line[column - 1 + max(1, span[1] - span[0]) :])
    margin = f"{number:>6} | "
    room = max(20, width - len(margin))
    if cell_len(before) > room // 2:
        before = "…" + before[-_BEFORE:]
    shown = _cut(before + quoted + after, room)
    carets = min(cell_len(quoted), max(1, cell_len(shown) - cell_len(before)))
    yield margin + shown
    yield " " * 6 + " | " + " " * cell_len(before) + "^" * max(1, carets)


def _flat(text: str) -> str:
    return harmless(text.expandtabs(_TAB)).replace("\n", " ")


def _cut(text: str, room: int) -> str:
    while cell_len(text) > room:
        text = text[: -max(2, (cell_len(text) - room) // 2)] + "…"
    return text


def _safe(text: str) -> str:
    return " ".join(harmless(text).split("\n"))


def as_data(reports: Sequence[LintReport]) -> dict[str, Any]:
    """All findings for JSON."""
    return {
        "documents": [
            {
                "document": report.where,
                "counts": {severity: report.counts[severity] for severity in SEVERITIES},
                "suppressed": report.n_suppressed,
                "findings": [_finding(report, finding) for finding in report.findings],
            }
            for report in reports
        ]
    }


def _finding(report: LintReport, finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": lints.get(finding.code).title,
        "severity": finding.severity,
        "message": finding.message,
        "remedy": finding.remedy,
        "suggested_by": finding.suggested_by or None,
        "places": [place(report, span) for span in finding.spans],
    }


def place(report: LintReport, span: tuple[int, int]) -> dict[str, Any]:
    """A span as lines and columns from 1 in code points, the end behind its last one."""
    line, column = report.document.place(span[0])
    end_line, end_column = report.document.place(max(span))
    return {
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "start": span[0],
        "end": span[1],
        "quote": report.document.text[slice(*span)],
    }
