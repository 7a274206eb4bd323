"""Load a specification from a file: find its format and encoding, and whether it can be read.

The decoded text is kept unchanged, with its line ends, so an offset counts code points of exactly
that text. A byte order mark is not part of it. PDF and DOCX are converted to Markdown, which is
then the source.
"""

from __future__ import annotations

import hashlib
import re
from io import BytesIO
from pathlib import Path
from typing import Literal, NamedTuple

from specloop.errors import InputError, MissingExtraError
from specloop.files import check_file, read_file
from specloop.jsontext import writable
from specloop.records import Authority
from specloop.spec.bounds import in_memory, in_time, refuse_zip_bomb
from specloop.spec.converting.docx import read_docx
from specloop.spec.converting.pdf import read_pdf
from specloop.spec.formats import Format, format_of

MAX_BYTES = 20_000_000
DOCUMENT_FILE = "document.txt"
"""The document's text in a run folder."""

_CONVERTED: tuple[Format, ...] = ("pdf", "docx")
_BOM = b"\xef\xbb\xbf"


class ReadAs(NamedTuple):
    """How the user wants a document to be read."""

    language: Literal["auto", "english"] = "auto"
    """`english` reads all of it as English, whatever it looks like."""
    authorities: tuple[tuple[str, Authority], ...] = ()
    """What other documents' names of authorities stand for here; names in lower case."""


class SourceDocument(NamedTuple):
    """A document's decoded text; every offset of the run counts its code points."""

    name: str
    text: str
    format: Format
    """What the file was; `pdf` and `docx` hold converted Markdown in `text`."""
    digest: str
    """SHA-256 of the text as UTF-8."""
    read_as: ReadAs = ReadAs()

    @classmethod
    def of(cls, text: str, name: str = "document", format: Format = "markdown") -> SourceDocument:
        """Make a document from a text."""
        return cls(name, text, format, hashlib.sha256(text.encode()).hexdigest())


def read_document(path: Path, format: str = "auto") -> SourceDocument:
    """Read and decode a file; InputError says what is wrong with it and what to do."""
    raw = _bytes(path)
    kind = format_of(path, raw, format)
    text = _converted(path, raw, kind) if kind in _CONVERTED else _decoded(path, raw)
    if not text.strip():
        remedy = (
            "recognise its text (OCR) first" if kind == "pdf" else "give a document with text in it"
        )
        raise InputError(f"{path}: the document is empty; {remedy}")
    return SourceDocument.of(text, path.name, kind)


_ADDRESS = re.compile(r"(?:^|/)(?:https?|ftp|file):/")


def check_document(path: Path) -> None:
    """InputError where a path leads to no file; it says what it leads to."""
    if found := _ADDRESS.search(path.as_posix()):
        address = path.as_posix()[found.start() :].lstrip("/").replace(":/", "://", 1)
        raise InputError(f"{address}: an address, and no file; save the page, and name its file")
    check_file(path)


def _bytes(path: Path) -> bytes:
    check_document(path)
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise InputError(
            f"{path}: {size / 1e6:.0f} MB is more than the {MAX_BYTES / 1e6:.0f} MB that a "
            "specification may have; check that it is the right file, "
            "or give only the part that states rules"
        )
    return read_file(path)


def _decoded(path: Path, raw: bytes) -> str:
    zero = raw.find(b"\0")
    if zero >= 0:
        raise InputError(
            f"{path}: byte {zero} is zero, so this is a binary file, not text; "
            "give Markdown, plain text or HTML in UTF-8, or a PDF or DOCX file"
        )
    skip = len(_BOM) if raw.startswith(_BOM) else 0
    try:
        return raw[skip:].decode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start + skip
        line = raw.count(b"\n", 0, at) + 1
        raise InputError(
            f"{path}: byte {at} (line {line}) is 0x{raw[at]:02x}, which is not UTF-8; "
            f"save the document as UTF-8, or convert it: "
            f"iconv -f WINDOWS-1252 -t UTF-8 {path.name} > utf8-{path.name}"
        ) from None


def _converted(path: Path, raw: bytes, kind: Format) -> str:
    try:
        if kind == "docx":
            refuse_zip_bomb(path)
        with in_time(str(path)), in_memory():
            return writable((read_docx if kind == "docx" else read_pdf)(BytesIO(raw)))
    except ImportError:
        raise MissingExtraError(f"{path}: reading {kind.upper()}", "docs") from None
    except InputError:
        raise
    except MemoryError:
        raise InputError(
            f"{path}: converting it takes too much memory; export it as Markdown or text"
        ) from None
    except Exception as error:
        # The converter raises the errors of its many parsers; for the user they are all alike.
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(
            f"{path}: cannot be converted from {kind.upper()} ({reason}); check that the file "
            "opens and has no password, or export it as Markdown or text"
        ) from None
