"""Writes a labelled Markdown document in other formats: `python -m perf.gold_formats`.

The parcel policy of tests/data/gold is written as a web page, a Word file (styles for headings,
numbered and nested lists, a table) and a PDF (headings by size, bullets, a table in columns), as
an office would lay it out. `make read-gold` reads all four against the same labels. Inline markup
is not carried over; the policy has none.
"""

# pyright: basic
from __future__ import annotations

import textwrap
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

MARKDOWN = MarkdownIt("commonmark").enable("table")
BULLET = "\u2022"
POLICY = Path("tests/data/gold/choose/parcel_support.md")
PAGE = '<!DOCTYPE html>\n<html lang="en">\n<head><title>Support policy</title></head>\n<body>\n'


class Block(NamedTuple):
    """A heading (its level), a list entry (its level from 0), a row of a table or a paragraph."""

    kind: str
    level: int
    cells: tuple[str, ...]
    marker: str = ""


def blocks(nodes: Sequence[SyntaxTreeNode], depth: int = 0) -> Iterator[Block]:
    for node in nodes:
        if node.type.endswith("_list"):
            yield from _entries(node, depth)
        elif node.type == "table":
            for row in (row for part in node.children for row in part.children):
                yield Block("row", 0, tuple(map(_text, row.children)))
        elif node.type == "heading":
            yield Block("heading", int(node.tag[1]), (_text(node),))
        else:
            yield Block("paragraph", 0, (_text(node),))


def _entries(node: SyntaxTreeNode, depth: int) -> Iterator[Block]:
    for number, (first, *rest) in enumerate((item.children for item in node.children), 1):
        marker = f"{number}." if node.type == "ordered_list" else BULLET
        yield Block("entry", depth, (_text(first),), marker)
        yield from blocks(rest, depth + 1)


def _text(node: SyntaxTreeNode) -> str:
    return " ".join(" ".join(child.content for child in node.children).split())


def html(markdown: str) -> str:
    return PAGE + MARKDOWN.render(markdown) + "</body>\n</html>\n"


WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml"
PARTS = {"document": "document.main", "styles": "styles", "numbering": "numbering"}


def _paragraph(block: Block) -> str:
    style = f'<w:pStyle w:val="Heading{block.level}"/>' if block.kind == "heading" else ""
    if block.kind == "entry":
        number = 1 if block.marker == BULLET else 2
        style = f'<w:numPr><w:ilvl w:val="{block.level}"/><w:numId w:val="{number}"/></w:numPr>'
    return f"<w:p><w:pPr>{style}</w:pPr>{_run(block.cells[0])}</w:p>"


def _run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def _word_body(content: Sequence[Block]) -> str:
    body, table = "", ""
    for block in [*content, Block("end", 0, ())]:
        if block.kind == "row":
            cells = (f"<w:tc><w:tcPr/><w:p>{_run(cell)}</w:p></w:tc>" for cell in block.cells)
            table += f"<w:tr>{''.join(cells)}</w:tr>"
            continue
        if table:
            columns = "<w:gridCol/>" * table.split("</w:tr>")[0].count("<w:tc>")
            body += f"<w:tbl><w:tblPr/><w:tblGrid>{columns}</w:tblGrid>{table}</w:tbl>"
            table = ""
        body += _paragraph(block) if block.cells else ""
    return f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'


def _styles() -> str:
    styles = (
        f'<w:style w:type="paragraph" w:styleId="Heading{level}"><w:name w:val="heading {level}"/>'
        f'<w:pPr><w:outlineLvl w:val="{level - 1}"/></w:pPr></w:style>'
        for level in range(1, 5)
    )
    return f'<w:styles xmlns:w="{WORD}">{"".join(styles)}</w:styles>'


def _numbering() -> str:
    kinds, numbers = "", ""
    for number, (form, text) in enumerate([("bullet", BULLET), ("decimal", "%1.")], 1):
        levels = (
            f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>'
            f'<w:lvlText w:val="{text}"/></w:lvl>'
            for level in range(3)
        )
        kinds += f'<w:abstractNum w:abstractNumId="{number}">{"".join(levels)}</w:abstractNum>'
        numbers += f'<w:num w:numId="{number}"><w:abstractNumId w:val="{number}"/></w:num>'
    return f'<w:numbering xmlns:w="{WORD}">{kinds}{numbers}</w:numbering>'


def write_docx(content: Sequence[Block], path: Path) -> None:
    override = '<Override PartName="/word/{}.xml" ContentType="{}.{}+xml"/>'
    types = "".join(override.format(name, MAIN, kind) for name, kind in PARTS.items())
    relation = '<Relationship Id="r{0}" Type="{1}/{0}" Target="{2}{0}.xml"/>'
    inner = "".join(relation.format(name, OFFICE, "") for name in ("styles", "numbering"))
    outer = relation.format("document", OFFICE, "word/").replace('/document"', '/officeDocument"')
    relations = f'<Relationships xmlns="{PACKAGE}/relationships">{{}}</Relationships>'
    files = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f"{types}</Types>",
        "_rels/.rels": relations.format(outer),
        "word/_rels/document.xml.rels": relations.format(inner),
        "word/document.xml": _word_body(content),
        "word/styles.xml": _styles(),
        "word/numbering.xml": _numbering(),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in files.items():  # a fixed time, so that the same text is the same file
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            file.writestr(entry, '<?xml version="1.0" encoding="UTF-8"?>' + text)


def _lines(content: Sequence[Block]) -> Iterator[tuple[str, int, int, float, str]]:
    """Lines of text with font (F1 plain, F2 bold), size, indent and the space above."""
    sizes = {1: 20, 2: 15, 3: 12}
    for block in content:
        if block.kind == "row":
            wrapped = [textwrap.wrap(cell, 26) for cell in block.cells]
            for at in range(max(map(len, wrapped))):
                for column, cell in enumerate(wrapped):
                    above = 0 if column else 18 if at == 0 else 12
                    yield "F1", 10, 160 * column, above, cell[at] if at < len(cell) else ""
            continue
        font, size = ("F2", sizes[block.level]) if block.kind == "heading" else ("F1", 10)
        indent = 14 * (block.level + 1) if block.kind == "entry" else 0
        above, text = size * 1.8, f"{block.marker} {block.cells[0]}".strip()
        for line in textwrap.wrap(text, int(940 / size) - indent // 4):
            yield font, size, indent, above, line
            above = size * 1.2


def write_pdf(content: Sequence[Block], path: Path) -> None:
    pages, y = [""], 780.0
    for font, size, indent, above, line in _lines(content):
        y -= above
        if y < 60:
            pages.append("")
            y = 780.0 - above
        shown = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        pages[-1] += f"BT /{font} {size} Tf {60 + indent} {y:.1f} Td ({shown}) Tj ET\n"
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /{} /Encoding /WinAnsiEncoding >>"
    kids = " ".join(f"{5 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        font.format("Helvetica"),
        font.format("Helvetica-Bold"),
    ]
    for n, page in enumerate(pages):
        objects += [
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R "
            f"/F2 4 0 R >> >> /Contents {6 + 2 * n} 0 R >>",
            f"<< /Length {len(page.encode('cp1252'))} >>\nstream\n{page}endstream",
        ]
    out, places = b"%PDF-1.4\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{text}\nendobj\n".encode("cp1252")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    trailer = f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n"
    out += f"xref\n0 {size}\n0000000000 65535 f \n{table}{trailer}".encode()
    path.write_bytes(out)


if __name__ == "__main__":
    policy = POLICY.read_text(encoding="utf-8")
    content = list(blocks(SyntaxTreeNode(MARKDOWN.parse(policy)).children))
    POLICY.with_suffix(".html").write_text(html(policy), encoding="utf-8")
    write_docx(content, POLICY.with_suffix(".docx"))
    write_pdf(content, POLICY.with_suffix(".pdf"))
