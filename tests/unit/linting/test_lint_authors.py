"""Faults that an author planted in five documents before any check was run on them, among sentences
that only look like faults."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from tests.documents import parts_of, write_docx
from tests.lint_documents import DATA, linted, linted_file, missed, rows

MISSED = {
    "bakery_prompt.md": 1,
    "parcel_support.md": 3,
    "magazine_style.txt": 3,
    "studio_terms.html": 5,
    "hostel_handbook.docx": 8,
}
"""The most faults that are missed, of 22 to 27 a document; the last two were not looked at while
the checks were mended."""


@pytest.mark.parametrize("name", MISSED)
def test_most_planted_faults_are_found_and_nothing_else(name: str, tmp_path: Path) -> None:
    path = DATA / "authors" / name
    if path.suffix == ".docx":
        text = path.with_suffix(".md").read_text(encoding="utf-8")
        path = write_docx(parts_of(text), tmp_path / name)
    absent, others = missed(linted_file(path), rows(f"authors/{Path(name).stem}.tsv"))
    assert len(absent) <= MISSED[name], absent
    assert not others


def test_numbered_clauses_are_compared_and_referred_to() -> None:
    text = (
        "# Policy\n\n## 1 Money\n\n1.1 Staff must refund at most 10 euros.\n\n"
        "1.2 Staff must refund at least 20 euros.\n\n## 2 Rest\n\n"
        "2.1 Staff must act as clause 1.2 says, not as clause 1.3 says.\n\n"
        "2.2 Fees are listed in Table 2.\n"
    )
    found = Counter(f.code for f in linted(text).findings)
    assert found["CONFLICT-NUMBER"] == 1
    assert found["REFERENCE-NUMBER"] == 2


def test_entries_of_ordered_lists_in_html_have_numbers() -> None:
    text = "<h1>A</h1><p>Follow rule 2. Follow rule 3.</p><ol><li>Be kind.<li>Never lie.</ol>"
    found = [f.message for f in linted(text, "a.html").findings if f.code == "REFERENCE-NUMBER"]
    assert found == ["the document has no rule 3"]


def test_a_heading_in_html_ends_a_lead_in() -> None:
    text = "<h2>A</h2>\n<p>If it fails, the studio will:</p>\n\n<h2>B</h2>\n<p>Never lie.</p>"
    assert "LEAD-IN" in {f.code for f in linted(text, "a.html").findings}


def test_a_comment_in_plain_text_suppresses_and_hides_no_rule() -> None:
    text = "RULES\n\nNever use emojis.\n\n{}Always use emojis.\n"
    for comment, n in (("", 1), ("<!-- specloop-lint: ignore CONFLICT -->\n", 0)):
        report = linted(text.format(comment), "a.txt")
        assert len(report.document.rules) == 2
        assert [f.code for f in report.findings].count("CONFLICT-NEGATION") == n
