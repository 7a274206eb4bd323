"""Tell a document's format by what is in the file; its name decides only between texts."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Literal, get_args

from specloop.errors import InputError

Format = Literal["markdown", "text", "html", "pdf", "docx"]

_SUFFIXES: dict[str, Format] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdown": "markdown",
    ".mkd": "markdown",
    ".mdx": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
}
_REFUSED: tuple[tuple[bytes, str], ...] = (
    (b"{\\rtf", "an RTF file; save it as DOCX, Markdown or text"),
    (b"\xd0\xcf\x11\xe0", "a file of an old Office program; save it as DOCX, Markdown or text"),
    (b"\xff\xfe", "UTF-16 text; save it as UTF-8"),
    (b"\xfe\xff", "UTF-16 text; save it as UTF-8"),
)
_BEGIN = 4096
"""How many bytes or characters at the beginning tell the format."""


def format_of(path: Path, raw: bytes, asked: str) -> Format:
    """The format of a file's bytes, or the one that is asked for; InputError if none is read."""
    kinds: dict[str, Format] = {kind: kind for kind in get_args(Format)}
    if asked in kinds:
        return kinds[asked]
    if asked != "auto":
        raise InputError(f"format {asked!r} is not known; give one of auto, {', '.join(kinds)}")
    begin = raw[:_BEGIN].lstrip()
    for magic, remedy in _REFUSED:
        if begin.startswith(magic):
            raise InputError(f"{path}: this is {remedy}")
    if begin.startswith(b"%PDF-"):
        return "pdf"
    if begin.startswith(b"PK\x03\x04"):
        return _packed(path, raw)
    text = raw.decode("utf-8", "replace").removeprefix("\ufeff")
    if _HTML.match(text[:_BEGIN]):
        return "html"
    known = _SUFFIXES.get(path.suffix.lower())
    return known or ("markdown" if is_markdown(text) else "text")


def _packed(path: Path, raw: bytes) -> Format:
    try:
        with zipfile.ZipFile(BytesIO(raw)) as file:
            is_word = "word/document.xml" in file.namelist()
    except zipfile.BadZipFile:
        is_word = path.suffix.lower() == ".docx"
    if is_word:
        return "docx"
    raise InputError(
        f"{path}: this is a ZIP file and no Word document; give the document in it, "
        "or save it as DOCX or Markdown"
    )


_HTML = re.compile(
    r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b", re.I | re.S
)
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+\S", re.M)
_TAGGED = re.compile(r"^<([a-z]\w*)>[ \t]*\n(?:.*\n)*?</\1>[ \t]*$", re.M)
"""Parts between tags that stand alone, as prompts have them."""
_SIGNS = (
    re.compile(r"(?<![\w*])\*\*[^\s*][^*\n]*\*\*(?![\w*])"),
    re.compile(r"(?<!`)`[^`\n]+`(?!`)"),
    re.compile(r"\[[^\]\n]+\]\((?:https?:|mailto:|#|/|\.)[^)\s]*\)"),
    re.compile(r"^ {0,3}(?:```|~~~)", re.M),
    re.compile(r"^ {0,3}\|?[ :]*-{3,}[ :]*\|[ :|-]*$", re.M),
    re.compile(r"^> \[!\w+\]|^ {0,3}[-*] \[[ xX]\] ", re.M),
)
_CLAUSE = re.compile(r"^\d+(?:\.\d+)+\.? +\S", re.M)
"""A numbered clause, which Markdown has no form for."""


def is_markdown(text: str) -> bool:
    """Whether a text has the marks of Markdown: headings, or several other signs of it."""
    if _HEADING.search(text) or _TAGGED.search(text):
        return True
    n_signs = sum(min(2, len(sign.findall(text))) for sign in _SIGNS)
    return n_signs >= (3 if _CLAUSE.search(text) else 2)
