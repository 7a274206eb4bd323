"""Documents for tests of lints, and what is expected in them."""

from __future__ import annotations

from pathlib import Path

from specloop.linting.base import Finding
from specloop.linting.document import LintDocument
from specloop.linting.run import LintReport, lint
from specloop.spec import SourceDocument, read_document, read_spec

DATA = Path(__file__).parent / "data" / "lint"


def linted(text: str, name: str = "policy.md") -> LintReport:
    """The findings in a text."""
    return lint(LintDocument.of(read_spec(SourceDocument.of(text, name))), name)


def linted_file(path: Path) -> LintReport:
    """The findings in a file."""
    return lint(LintDocument.of(read_spec(read_document(path)), beside=path.parent), str(path))


def rows(name: str) -> list[list[str]]:
    """The rows of a file of expected findings or pairs of wordings."""
    separator = "\t" if name.endswith(".tsv") else "|"
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [line.split(separator) for line in lines if line]


def missed(report: LintReport, expected: list[list[str]]) -> tuple[list[list[str]], list[Finding]]:
    """The expected findings (code or its beginning, and words of each place) that are not there,
    and the findings that were not expected."""
    left, absent = list(report.findings), list[list[str]]()
    for code, *places in expected:
        found = next((one for one in left if _is(report, one, code, places)), None)
        if found is None:
            absent.append([code, *places])
        else:
            left.remove(found)
    return absent, left


def _is(report: LintReport, finding: Finding, code: str, places: list[str]) -> bool:
    quotes = [report.document.text[slice(*span)] for span in finding.spans]
    said = all(any(words in quote or quote in words for quote in quotes) for words in places)
    return finding.code.startswith(code) and len(quotes) >= len(places) and said
