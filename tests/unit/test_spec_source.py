"""Loading a document: encodings, sizes and what cannot be read."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from specloop.errors import InputError, MissingExtraError
from specloop.spec import read_document
from specloop.spec.source import MAX_BYTES


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def refusal(path: Path, format: str = "auto") -> str:
    with pytest.raises(InputError) as caught:
        read_document(path, format)
    message = str(caught.value)
    assert format != "auto" or str(path) in message
    return message


def test_text_is_kept_as_it_is_with_its_line_ends(tmp_path: Path) -> None:
    path = write(tmp_path, "a.md", "# A\r\n\r\nNever\tlie – ever.\r\n".encode())
    assert read_document(path).text == "# A\r\n\r\nNever\tlie – ever.\r\n"


def test_a_byte_order_mark_is_not_part_of_the_text(tmp_path: Path) -> None:
    plain = read_document(write(tmp_path, "a.md", b"Never lie."))
    marked = read_document(write(tmp_path, "b.md", b"\xef\xbb\xbfNever lie."))
    assert marked.text == "Never lie."
    assert marked.digest == plain.digest


def test_a_format_given_overrides_the_ending(tmp_path: Path) -> None:
    assert read_document(write(tmp_path, "policy", b"Never lie."), "text").format == "text"


CONTENTS = [
    ("policy.txt", "# Desk\n\nNever lie.\n", "markdown"),
    (
        "policy.txt",
        "Desk\n\n- **Never** lie.\n- See [it](https://a.example).\n",
        "markdown",
    ),
    ("policy.txt", "1. DESK\n\n1.1 Never lie.\n1.2 Issue #5 is no heading; 2 * 3 * 4.\n", "text"),
    ("policy.txt", "<!DOCTYPE html><p>Never lie.</p>", "html"),
    ("policy.md", "<?xml version='1.0'?>\n<html><p>Never lie.</p></html>", "html"),
    ("policy.md", "Never lie.", "markdown"),
    ("policy.markdown", "Never lie.", "markdown"),
    ("policy.htm", "Never lie.", "html"),
    ("policy.rules", "Never lie.", "text"),
    ("POLICY", "## Desk\n\nNever lie.", "markdown"),
]


@pytest.mark.parametrize(("name", "text", "format"), CONTENTS)
def test_the_format_is_told_by_content_and_then_by_name(
    tmp_path: Path, name: str, text: str, format: str
) -> None:
    assert read_document(write(tmp_path, name, text.encode())).format == format


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{\\rtf1 Never lie.}", "an RTF file"),
        (b"\xd0\xcf\x11\xe0" + bytes(99), "an old Office program"),
        (b"PK\x03\x04" + bytes(99), "a ZIP file and no Word document"),
    ],
)
def test_files_of_other_programs_are_named(tmp_path: Path, content: bytes, said: str) -> None:
    assert said in refusal(write(tmp_path, "policy", content))


def test_an_address_and_a_pipe_are_told_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^https://a\.example/policy: an address, and no file"):
        read_document(Path("https://a.example/policy"))
    os.mkfifo(tmp_path / "policy.md")
    assert "a pipe, and no file" in refusal(tmp_path / "policy.md")
    with pytest.raises(InputError, match="a device, and no file"):
        read_document(Path("/dev/zero"))


def test_an_unknown_format_names_the_known_ones(tmp_path: Path) -> None:
    assert "markdown" in refusal(write(tmp_path, "a.md", b"x"), "mardown")


def test_a_wrong_encoding_names_the_byte_the_line_and_the_remedy(tmp_path: Path) -> None:
    message = refusal(write(tmp_path, "a.md", "# A\n\nDon’t be naïve\n".encode("cp1252")))
    assert "byte 8 (line 3) is 0x92" in message
    assert "iconv" in message


def test_a_wrong_byte_is_counted_from_the_start_of_the_file(tmp_path: Path) -> None:
    assert "byte 4 " in refusal(write(tmp_path, "a.md", b"\xef\xbb\xbfa\xe9"))


def test_utf16_is_told_apart_from_binary(tmp_path: Path) -> None:
    assert "UTF-16" in refusal(write(tmp_path, "a.txt", "Never lie.".encode("utf-16")))


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    assert "binary" in refusal(write(tmp_path, "a.md", b"ELF\x7f" + bytes(range(256))))


def test_a_pdf_with_the_wrong_ending_is_recognised(tmp_path: Path) -> None:
    pytest.importorskip("pdfplumber")
    assert "PDF" in refusal(write(tmp_path, "a.md", b"%PDF-1.7 ..."))


@pytest.mark.parametrize("content", [b"", b" \n\t\r\n ", b"\xef\xbb\xbf"])
def test_an_empty_document_is_refused(tmp_path: Path, content: bytes) -> None:
    assert "empty" in refusal(write(tmp_path, "a.md", content))


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    message = refusal(path)
    assert "50 MB" in message
    assert f"{MAX_BYTES / 1e6:.0f} MB" in message


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "none.md")
    (tmp_path / "folder.md").mkdir()
    assert "folder" in refusal(tmp_path / "folder.md")


@pytest.mark.parametrize(
    ("content", "package"),
    [(b"%PDF-1.4", "pdfplumber"), (b"PK\x03\x04 word/document.xml", "mammoth")],
)
def test_a_missing_converter_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr("specloop.spec.source.refuse_zip_bomb", lambda path: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'specloop\[docs\]'"):
        read_document(write(tmp_path, "policy.docx", content))
