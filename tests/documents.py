"""One policy written as Markdown, HTML, Word and PDF, by a script."""

# pyright: basic
from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import NamedTuple


class Part(NamedTuple):
    kind: str
    """h, p, ul, ol or table."""
    level: int = 1
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


def parts_of(markdown: str) -> list[Part]:
    """The parts of a policy that has headings, paragraphs of one line, lists and tables."""
    parts: list[Part] = []
    table: list[tuple[str, ...]] = []
    for line in [*markdown.splitlines(), ""]:
        if line.startswith("|"):
            table.append(tuple(cell.strip() for cell in line.strip("|").split("|")))
            continue
        if table:
            parts.append(Part("table", rows=(table[0], *table[2:])))
            table = []
        if match := re.match(r"(#+) (.*)", line):
            parts.append(Part("h", len(match[1]), match[2]))
        elif match := re.match(r"( *)(-|\d+\.) (.*)", line):
            kind = "ul" if match[2] == "-" else "ol"
            parts.append(Part(kind, len(match[1]) // 4 + 1, match[3]))
        elif line.strip():
            parts.append(Part("p", text=line))
    return parts


def as_html(parts: list[Part]) -> str:
    out: list[str] = ["<!DOCTYPE html><html><body>"]
    depth: list[str] = []
    for part in parts:
        listed = part.kind in ("ul", "ol")
        while depth and (not listed or part.level < len(depth)):
            out.append(f"</li></{depth.pop()}>")
        if listed and part.level > len(depth):
            depth.append(part.kind)
            out.append(f"<{part.kind}>")
        elif listed:
            out.append("</li>")
        if listed:
            out.append(f"<li>{escape(part.text)}")
        elif part.kind == "table":
            head, *rows = part.rows
            out.append("<table><tr>" + "".join(f"<th>{escape(c)}</th>" for c in head) + "</tr>")
            for row in rows:
                out.append("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>")
            out.append("</table>")
        else:
            tag = f"h{part.level}" if part.kind == "h" else "p"
            out.append(f"<{tag}>{escape(part.text)}</{tag}>")
    return "\n".join([*out, *(f"</li></{tag}>" for tag in reversed(depth)), "</body></html>"])


def write_docx(parts: list[Part], path: Path) -> Path:
    import docx

    document = docx.Document()
    for part in parts:
        if part.kind == "h":
            document.add_heading(part.text, part.level - 1)
        elif part.kind == "table":
            table = document.add_table(len(part.rows), len(part.rows[0]))
            for row, texts in zip(table.rows, part.rows, strict=True):
                for cell, text in zip(row.cells, texts, strict=True):
                    cell.text = text
        else:
            names = {"ul": "List Bullet", "ol": "List Number", "p": "Normal"}
            nested = f" {part.level}" if part.level > 1 else ""
            document.add_paragraph(part.text, style=names[part.kind] + nested)
    document.save(str(path))
    return path


def write_pdf(parts: list[Part], path: Path, *, columns: int = 1) -> Path:
    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
    from reportlab.platypus import (
        BaseDocTemplate,
        Frame,
        PageTemplate,
        Paragraph,
        Table,
        TableStyle,
    )

    styles = getSampleStyleSheet()
    width, height = A4
    each = (width - 100) / columns
    frames = [
        Frame(50 + i * each, 60, each - 10 * (columns > 1), height - 120) for i in range(columns)
    ]

    def running(canvas, _):
        canvas.setFont("Helvetica", 8)
        canvas.drawString(50, height - 30, "Desk policy, internal")
        canvas.drawString(50, 30, f"Page {canvas.getPageNumber()}")

    body = []
    number = {}
    for part in parts:
        text = escape(part.text)
        number = number if part.kind == "ol" else {}
        if part.kind == "h":
            body.append(
                Paragraph(text, styles["Title" if part.level == 1 else f"Heading{part.level}"])
            )
        elif part.kind == "table":
            cells = [[Paragraph(escape(c), styles["BodyText"]) for c in row] for row in part.rows]
            body.append(
                Table(cells, style=TableStyle([("GRID", (0, 0), (-1, -1), 1, colors.black)]))
            )
        elif part.kind == "p":
            body.append(Paragraph(text, styles["BodyText"]))
        else:
            indent = 18 * part.level
            style = ParagraphStyle(
                f"item{part.level}", styles["BodyText"], leftIndent=indent, bulletIndent=indent - 12
            )
            number[part.level] = number.get(part.level, 0) + 1
            mark = "•" if part.kind == "ul" else f"{number[part.level]}."
            body.append(Paragraph(text, style, bulletText=mark))
    document = BaseDocTemplate(str(path), pagesize=A4)
    document.addPageTemplates(PageTemplate(frames=frames, onPage=running))
    document.build(body)
    return path
