"""PDF and Word documents: the same policy in four formats, layout, lists, tables, damaged files."""

# pyright: basic
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.documents import as_html, parts_of, write_docx, write_pdf

from specloop.errors import InputError
from specloop.spec import Specification, read_document, read_spec

pytest.importorskip("mammoth")
pytest.importorskip("pdfplumber")
pytest.importorskip("docx")
pytest.importorskip("reportlab")

DATA = Path(__file__).parents[1] / "data"
POLICY = (DATA / "clinic_policy.md").read_text()


def read(path: Path) -> Specification:
    spec = read_spec(read_document(path))
    for rule in spec.rules:
        assert spec.document.text[rule.start : rule.end] == rule.quote
    return spec


def texts(path: Path) -> list[str]:
    return [rule.text for rule in read(path).rules]


def _html(parts, path: Path) -> Path:
    path.write_text(as_html(parts))
    return path


WRITERS: dict[str, Callable] = {
    "html": _html,
    "docx": write_docx,
    "pdf": write_pdf,
    "two columns": lambda parts, path: write_pdf(parts, path, columns=2),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_a_policy_gives_the_same_rules_in_each_format(tmp_path: Path, kind: str) -> None:
    spec = read(WRITERS[kind](parts_of(POLICY), tmp_path / "policy"))
    plain = read(DATA / "clinic_policy.md")
    assert [rule.text for rule in spec.rules] == [rule.text for rule in plain.rules]
    assert [rule.scope for rule in spec.rules] == [rule.scope for rule in plain.rules]
    paths = [section.path for section in spec.sections if section.path]
    assert paths == [section.path for section in plain.sections if section.path]


def test_a_pdf_of_several_pages_has_no_running_titles_and_whole_sentences(tmp_path: Path) -> None:
    long = "# Desk\n\n## Answers\n\n" + "".join(
        f"The assistant must tell reader {n} where the shelves of the {n}th hall are, how long the "
        "way there takes on foot and by lift, and that nothing may be taken out of the hall before "
        "the person at the desk has seen it.\n\n"
        for n in range(60)
    )
    got = texts(write_pdf(parts_of(long), tmp_path / "a.pdf"))
    (tmp_path / "a.md").write_text(long)
    assert got == texts(tmp_path / "a.md")
    assert len(got) == 60


def drawn(path: Path, draw: Callable) -> Path:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path), pagesize=(400, 600))
    draw(canvas)
    canvas.save()
    return path


def lines(canvas, font: tuple[str, float], top: float, *texts: str, x: float = 50) -> float:
    canvas.setFont(*font)
    for text in texts:
        canvas.drawString(x, top, text)
        top -= 1.25 * font[1]
    return top


TEXT, BOLD, LARGE = ("Helvetica", 10), ("Helvetica-Bold", 10), ("Helvetica", 16)


def test_headings_are_told_by_size_and_weight(tmp_path: Path) -> None:
    def draw(canvas) -> None:
        top = lines(canvas, LARGE, 500, "Rules of the house")
        top = lines(canvas, BOLD, top - 10, "Evening")
        lines(canvas, TEXT, top, "The assistant must greet every guest who comes in the evening.")

    text = read_document(drawn(tmp_path / "a.pdf", draw)).text
    assert text.startswith("# Rules of the house\n\n## Evening\n\nThe assistant must greet")


def test_words_cut_at_the_end_of_a_line_are_put_together(tmp_path: Path) -> None:
    def draw(canvas) -> None:
        lines(
            canvas, TEXT, 500, "The assistant must confirm every reserva-", "tion of a well-known"
        )
        lines(canvas, TEXT, 475, "guest, and must not name the well-", "known guest to anybody.")

    assert read_document(drawn(tmp_path / "a.pdf", draw)).text == (
        "The assistant must confirm every reservation of a well-known guest, and must not name the "
        "well-known guest to anybody.\n"
    )


def test_lists_are_nested_by_their_indents_and_a_dash_in_a_sentence_is_none(tmp_path: Path) -> None:
    def draw(canvas) -> None:
        top = lines(canvas, TEXT, 500, "The assistant must not:")
        top = lines(canvas, TEXT, top, "– tell a secret", x=60)
        top = lines(canvas, TEXT, top, "– sell:", x=60)
        top = lines(canvas, TEXT, top, "(a) keys", "(b) coats", x=80)
        top = lines(canvas, TEXT, top - 10, "Guests pay in the evening or in the morning", x=50)
        lines(canvas, TEXT, top, "- as they like. Never take their coats.", x=50)

    text = read_document(drawn(tmp_path / "a.pdf", draw)).text
    assert text.splitlines() == [
        "The assistant must not:",
        "",
        "- tell a secret",
        "- sell:",
        "    1. keys",
        "    2. coats",
        "",
        "Guests pay in the evening or in the morning - as they like. Never take their coats.",
    ]


def test_a_page_in_two_columns_below_a_heading_is_read_column_by_column(tmp_path: Path) -> None:
    def draw(canvas) -> None:
        lines(canvas, LARGE, 550, "Rules of the large old house at the end of the road")
        left = (
            "The assistant must open the",
            "door in the morning, and it",
            "must never lock it on",
        )
        right = ("guests who are still inside.", "The assistant must count the", "guests at night.")
        lines(canvas, TEXT, 500, *left)
        lines(canvas, TEXT, 498, *right, x=220)

    assert read_document(drawn(tmp_path / "a.pdf", draw)).text.splitlines()[2:] == [
        "The assistant must open the door in the morning, and it must never lock it on guests who "
        "are still inside. The assistant must count the guests at night."
    ]


def test_a_word_document_has_its_cells_notes_and_struck_words(tmp_path: Path) -> None:
    import docx

    document = docx.Document()
    document.add_paragraph("Rules").runs[0].bold = True
    paragraph = document.add_paragraph("The assistant must ")
    paragraph.add_run("always").font.strike = True
    paragraph.add_run(" greet_the_guest <b> *now*.")
    table = document.add_table(3, 2)
    for row, cells in enumerate((("Evening", "Never sing."), ("", "Never shout."), ("", "Pay."))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    table.cell(0, 0).merge(table.cell(1, 0))
    document.add_paragraph("• Never run.")
    document.save(str(tmp_path / "a.docx"))
    assert read_document(tmp_path / "a.docx").text.splitlines() == [
        "# Rules",
        "",
        "The assistant must ~~always~~ greet_the_guest \\<b> \\*now\\*.",
        "",
        "|  |  |",
        "| --- | --- |",
        "| Evening | Never sing. |",
        "| Evening | Never shout. |",
        "|  | Pay. |",
        "",
        "- Never run.",
    ]


@pytest.mark.parametrize(
    ("name", "content"), [("a.docx", b"PK\x03\x04 no"), ("a.pdf", b"%PDF-1.4 no")]
)
def test_a_broken_file_is_the_users_mistake(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=name):
        read_document(path)


def test_a_pdf_at_hand_is_read_in_sections(shared_data: Path) -> None:
    path = shared_data / "cases" / "04-library.pdf"
    if not path.exists():
        pytest.skip(f"no {path} at hand")
    spec = read(path)
    assert [section.path[1:] for section in spec.sections] == [
        (),
        ("1 Loans",),
        ("1 Loans", "1.1 Reserved books"),
        ("2 Fines",),
    ]
    text = spec.document.text
    assert "\n\n- ask for the card number\n- never ask for a password\n\n" in text
    assert "a message that the other reader can answer when she or he likes.\n" in text
    assert "Page" not in text
    rules = [rule.text for rule in spec.rules]
    assert "The assistant must never ask for a password." in rules
