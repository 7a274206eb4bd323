"""PDF and Word documents through the converter; skipped where it is not installed."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from specloop.errors import InputError
from specloop.spec import read_document, read_spec

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
]
RULES = ["The assistant must greet the reader.", "Never promise a refund."]


@pytest.fixture(autouse=True)
def _converter() -> None:
    pytest.importorskip("markitdown")


def _docx(path: Path) -> Path:
    """The smallest Word file with a heading and two paragraphs."""
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    paragraphs = "".join(
        f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"
        for text in ("The assistant must greet the reader.", "Never promise a refund.")
    )
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{main}"/></Types>',
        )
        file.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
            f'Type="{office}" Target="word/document.xml"/></Relationships>',
        )
        file.writestr(
            "word/document.xml",
            f'<w:document xmlns:w="{word}"><w:body>{paragraphs}</w:body></w:document>',
        )
    return path


def _pdf(path: Path) -> Path:
    """A one-page PDF with one line of text for each rule."""
    lines = " ".join(f"({rule}) Tj 0 -24 Td" for rule in RULES)
    stream = f"BT /F1 12 Tf 72 720 Td {lines} ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    content, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(content))
        content += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    content += (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n"
        f"<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(content)}\n%%EOF\n"
    ).encode()
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(("make", "name"), [(_docx, "a.docx"), (_pdf, "a.pdf")])
def test_rules_are_read_from_a_converted_document(tmp_path: Path, make, name: str) -> None:
    spec = read_spec(read_document(make(tmp_path / name)))
    assert [rule.text for rule in spec.rules] == RULES
    for rule in spec.rules:
        assert spec.document.text[rule.start : rule.end] == rule.quote


@pytest.mark.parametrize(
    ("name", "content"), [("a.docx", b"PK\x03\x04 no"), ("a.pdf", b"%PDF-1.4 no")]
)
def test_a_broken_file_is_the_users_mistake(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=name):
        read_document(path)
