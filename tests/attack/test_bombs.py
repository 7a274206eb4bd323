"""Documents and settings that are small to write and endless to read."""

# pyright: basic
from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from specloop.config.sources import ConfigDraft, load_config
from specloop.config.yamltext import parse_yaml
from specloop.errors import InputError
from specloop.spec import SourceDocument, bounds, read_document, read_spec
from specloop.spec.source import Format
from tests.attack.growth import assert_linear

SHAPES: dict[str, tuple[Format, Callable[[int], str]]] = {
    "quotes": ("markdown", lambda n: ">" * n + " a"),
    "lists": ("markdown", lambda n: "- " * n + "a"),
    "emphasis": ("markdown", lambda n: "*a **b " * n),
    "brackets": ("markdown", lambda n: "[" * n),
    "links": ("markdown", lambda n: "[a](" * n),
    "ticks": ("markdown", lambda n: "`a ``b " * n),
    "definitions": ("markdown", lambda n: "".join(f"[a{i}]: /b\n" for i in range(n))),
    "headings": ("markdown", lambda n: "# a\n" * (n // 4)),
    "wide table": ("markdown", lambda n: "|a" * (n // 4) + "\n" + "|-" * (n // 4) + "\n"),
    "comments": ("markdown", lambda n: "<!--" * n),
    "footnotes": (
        "markdown",
        lambda n: "".join(f"a[^{i}]\n\n[^{i}]: a\n\n" for i in range(n // 8)),
    ),
    "one line": ("text", lambda n: "must never a. " * n),
    "stairs": ("text", lambda n: "".join(" " * (i % 200) + "- a\n" for i in range(n // 4))),
    "containers": ("html", lambda n: "<div>a" * (n // 4)),
    "cells": ("html", lambda n: "<table><tr>" + "<td>a" * (n // 4)),
    "attribute": ("html", lambda n: f'<p title="{"x" * n}">must'),
    "entities": ("html", lambda n: "&amp;&#65;&" * n),
    "long entities": ("html", lambda n: "a " + "&#" + "9" * 20 * n),
}


@pytest.mark.parametrize(("format", "made"), SHAPES.values(), ids=SHAPES)
def test_a_document_is_read_in_a_time_that_grows_with_its_length(
    format: Format, made: Callable[[int], str]
) -> None:
    assert_linear(lambda text: read_spec(SourceDocument.of(text, format=format)), made, 500)


@pytest.mark.parametrize("mark", ["<!--", "<", "</", "<a ", "<p a='", "<?", "<textarea></"])
def test_html_of_tags_without_end_is_refused_at_once(mark: str) -> None:
    document = SourceDocument.of(mark * 1_000_000, "d.html", "html")
    with pytest.raises(InputError, match=r"d.html: .* tags without an end are more than .* rules"):
        read_spec(document)


@pytest.mark.parametrize("mark", ["<![", "<![if", "<!DOCTYPE [<!"])
def test_marks_that_the_parser_of_html_does_not_expect_are_no_traceback(mark: str) -> None:
    # Versions of the parser differ in which of them they expect.
    with contextlib.suppress(InputError):
        spec = read_spec(SourceDocument.of(f"<p>You must pay.</p>{mark * 9}", "d.html", "html"))
        assert [rule.text for rule in spec.rules] == ["You must pay."]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\n" * 1_100_000, "lines"),
        ("must " + "\r" * 1_100_000, "lines"),
        ("- The bot must not lie.\n" * 9, "paragraphs, entries and headings"),
    ],
)
def test_a_document_of_too_many_pieces_is_refused(
    text: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("specloop.spec.MAX_BLOCKS", 8)
    with pytest.raises(InputError, match=rf"d.md: [\d,]+ {told} are more than [\s\S]*give only"):
        read_spec(SourceDocument.of(text, "d.md"))


def test_a_document_of_too_many_rules_or_too_much_repeated_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "".join(f"- The bot must not say {i}.\n" for i in range(9))
    monkeypatch.setattr("specloop.spec.MAX_RULES", 8)
    with pytest.raises(InputError, match="9 rules are more than the 8 read"):
        read_spec(SourceDocument.of(text))
    monkeypatch.setattr("specloop.spec.MAX_RULES", 9)
    monkeypatch.setattr("specloop.spec.MAX_TOLD", 100)
    with pytest.raises(InputError, match="characters of rules with their headings"):
        read_spec(SourceDocument.of(text))


def test_what_takes_too_long_is_refused_when_its_time_is_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounds, "_SECONDS", 0.3)
    with pytest.raises(InputError, match=r"d.html: not read after 0 s of work; .* give only"):
        read_spec(SourceDocument.of("<!--a>" * 200_000, "d.html", "html"))


def docx(path: Path, parts: dict[str, str]) -> Path:
    kinds = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override'
        ' PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'wordprocessingml.document.main+xml"/></Types>'
    )
    links = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="a" Target="word/document.xml" Type="http://schemas.openxmlformats.org/'
        'officeDocument/2006/relationships/officeDocument"/></Relationships>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in {"[Content_Types].xml": kinds, "_rels/.rels": links, **parts}.items():
            file.writestr(name, text)
    return path


WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def body(text: str) -> str:
    return f"<w:document {WORD}><w:body>{text}</w:body></w:document>"


def test_a_docx_file_that_unpacks_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mammoth")
    monkeypatch.setattr(bounds, "MAX_UNPACKED", 1_000_000)
    parts = {"word/document.xml": body("<w:p/>"), "word/media/a.bin": "x" * 2_000_000}
    with pytest.raises(InputError, match="unpacked it has 2 MB"):
        read_document(docx(tmp_path / "a.docx", parts))


ENTITIES = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
LOLS = f'<!DOCTYPE d [<!ENTITY a0 "must">{ENTITIES}]>'
BAD_DOCX = {
    "entities": {"word/document.xml": LOLS + body("<w:p><w:r><w:t>&a9;</w:t></w:r></w:p>")},
    "file outside": {
        "word/document.xml": '<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
        + body("<w:p><w:r><w:t>&e;</w:t></w:r></w:p>")
    },
    "no document": {},
    "no XML": {"word/document.xml": "\x00" * 100},
    "a zip": {"word/document.xml": "PK\x03\x04" * 100},
}


@pytest.mark.parametrize("parts", BAD_DOCX.values(), ids=BAD_DOCX)
def test_a_docx_file_with_a_trap_is_one_line(tmp_path: Path, parts: dict[str, str]) -> None:
    pytest.importorskip("mammoth")
    said = r"a\.docx: .*(cannot be converted|is empty|no Word document)"
    with pytest.raises(InputError, match=said) as caught:
        read_document(docx(tmp_path / "a.docx", parts))
    assert "\n" not in str(caught.value)
    assert "root:" not in str(caught.value)


def test_a_docx_file_of_much_text_is_read(tmp_path: Path) -> None:
    pytest.importorskip("mammoth")
    text = "".join(f"<w:p><w:r><w:t>Never say {i}.</w:t></w:r></w:p>" for i in range(200))
    document = read_document(docx(tmp_path / "a.docx", {"word/document.xml": body(text)}))
    assert len(read_spec(document).rules) == 200


YAML = {
    "aliases": "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n",
    "itself": "&a [*a]",
    "merged": "a: &a {x: 1}\nb: {<<: *a}\n",
    "nested": "[" * 10_000,
    "nested blocks": "".join(" " * i + "a:\n" for i in range(2_000)),
    "digits": "a: " + "9" * 5_000,
    "hex": "a: 0x" + "f" * 250 + "f" * 40,
    "sixties": "a: 1" + ":1" * 100_000,
    "a date that is none": "a: 2020-13-45",
    "a tag": "a: !!python/object/apply:os.system [ls]",
    "another tag": "!x a",
    "binary": "a: !!binary x",
    "a key that is a list": "? [a]\n: b",
    "two documents": "a: 1\n---\nb: 2\n",
    "a zero": "a: \0",
}


@pytest.mark.parametrize("text", YAML.values(), ids=YAML)
def test_yaml_with_a_trap_is_one_line(text: str) -> None:
    with pytest.raises(InputError, match=r"rules\.yaml: ") as caught:
        parse_yaml(text, "rules.yaml")
    assert "\n" not in str(caught.value)


def test_yaml_of_too_many_characters_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("specloop.config.yamltext.MAX_CHARS", 10)
    with pytest.raises(InputError, match="11 characters are more than the 10 read"):
        parse_yaml("a: 12345678", "rules.yaml")


TOML = {
    "nested": "a = " + "[" * 10_000,
    "nested tables": "[" + "a." * 5_000 + "a]",
    "a nested key": "a." * 5_000 + "a = 1",
    "digits": "a = " + "9" * 5_000,
    "hex": "a = 0x" + "f" * 5_000,
    "a date that is none": "a = 2020-13-45",
    "long": "#" * 1_000_001,
    "a zero": "a = \0",
}


@pytest.mark.parametrize("text", TOML.values(), ids=TOML)
def test_toml_with_a_trap_is_one_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(InputError, match=r"c\.toml: ") as caught:
        load_config(tmp_path / "c.toml")
    assert "\n" not in str(caught.value)[:200]


@pytest.mark.parametrize(
    "item", ["a=" + "[" * 10_000, "a." * 9_000 + "a=1", "run.seed=" + "9" * 5_000]
)
def test_a_setting_with_a_trap_is_one_line(item: str) -> None:
    with pytest.raises(InputError):
        ConfigDraft.of().set([item]).built()
