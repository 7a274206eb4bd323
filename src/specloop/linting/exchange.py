"""Findings for other tools: SARIF 2.1.0, and the workflow commands of GitHub Actions."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from specloop.linting.base import Finding, Severity, lints
from specloop.linting.run import LintReport
from specloop.linting.written import place

_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(reports: Sequence[LintReport]) -> dict[str, Any]:
    """One run with all documents. Columns count code points."""
    codes = lints.names()
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "specloop lint",
                        "version": version("specloop"),
                        "rules": [_rule(code) for code in codes],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [
                    _result(report, finding, codes.index(finding.code))
                    for report in reports
                    for finding in report.findings
                ],
            }
        ],
    }


def _rule(code: str) -> dict[str, Any]:
    lint = lints.get(code)
    page = inspect.cleandoc(lint.__doc__ or lint.title)
    return {
        "id": code,
        "name": "".join(part.capitalize() for part in code.split("-")),
        "shortDescription": {"text": lint.title},
        "fullDescription": {"text": " ".join(page.split("\n\n")[0].split())},
        "help": {"text": page},
        "defaultConfiguration": {"level": _LEVELS[lint.severity]},
    }


def _result(report: LintReport, finding: Finding, index: int) -> dict[str, Any]:
    first, *others = finding.spans
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message}; {finding.remedy}"},
        "locations": [{"physicalLocation": _location(report, first)}],
        "partialFingerprints": {"words/v1": _fingerprint(report, finding)},
    }
    if others:
        result["relatedLocations"] = [
            {
                "id": n,
                "message": {"text": "against this"},
                "physicalLocation": _location(report, span),
            }
            for n, span in enumerate(others, 1)
        ]
    if finding.suggested_by:
        result["properties"] = {"suggestedBy": finding.suggested_by}
    return result


def _location(report: LintReport, span: tuple[int, int]) -> dict[str, Any]:
    at = place(report, span)
    return {
        "artifactLocation": {"uri": quote(PurePath(report.where).as_posix())},
        "region": {
            "startLine": at["line"],
            "startColumn": at["column"],
            "endLine": at["end_line"],
            "endColumn": at["end_column"],
            "snippet": {"text": at["quote"]},
        },
    }


def _fingerprint(report: LintReport, finding: Finding) -> str:
    """Stays the same when a finding moves within the document."""
    words = [finding.code, *(report.document.text[slice(*span)] for span in finding.spans)]
    return hashlib.sha256("\0".join(words).encode(errors="replace")).hexdigest()[:32]


def as_commands(report: LintReport) -> Iterator[str]:
    """A workflow command for each finding, which GitHub shows at its line of a pull request."""
    for finding in report.findings:
        at = place(report, finding.spans[0])
        others = [place(report, span) for span in finding.spans[1:]]
        against = "".join(f"\nagainst line {one['line']}: {one['quote']}" for one in others)
        facts = {
            "file": report.where,
            "line": at["line"],
            "endLine": at["end_line"],
            "col": at["column"],
            "endColumn": at["end_column"],
            "title": finding.code,
        }
        if at["line"] != at["end_line"]:
            # GitHub takes columns only within one line.
            del facts["col"], facts["endColumn"]
        shown = ",".join(f"{name}={_property(str(value))}" for name, value in facts.items())
        message = f"{finding.message}: {at['quote']}{against}\n{finding.remedy}"
        yield f"::{_COMMANDS[finding.severity]} {shown}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
