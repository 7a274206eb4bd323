"""The Document tab: Markdown rendered, every rule in its place, nothing of the document live."""

from __future__ import annotations

import html
import re

import pytest

from specloop.records import Section
from specloop.report import Manifest, ReportData, render_report
from specloop.report.comparison import contrast_of
from specloop.report.document import DocumentLayout, lay_out
from specloop.report.markdown import Border, Signs
from specloop.report.rules import RuleView, rule_views
from specloop.spec import SourceDocument, read_spec
from specloop.spec.inline import clean
from specloop.spec.mapped import of_slices

MARKDOWN = """---
owner: nobody
---

# Rules for the *desk* {#desk authority=system}

The assistant must **never** promise a refund. It must answer in `plain text` and must not use
tables, as [the house style](https://example.org/style "Style") says.[^1]

- **Never name a colleague.** Some do.
- You must ask for the order number before anything else, see [?](#tone):
  1. never for a password;
  2. never for a `card_number`.
- The assistant must not say ***anything* at all** about wages.

> Never quote from this quote.

| When | What the assistant must do |
| --- | --- |
| A customer is angry | The assistant must stay calm &amp; kind. |
| A customer is **lost** | Always tell the way to *the nearest* counter. |

## Tone {#tone}

You must write short sentences.   \t
Do not shout, and do not use <b>bold</b> tags.

![a smiling face](http://example.org/face.png)

!!! note
    The assistant should prefer the customer's own words.

<script>window.hacked = 1</script>

[^1]: The assistant must follow the style of the house.

Setext heading
--------------

Never begin with “Hello \\*friend\\*”. [Click](javascript:alert(1)) must not be written.

```
never run this
```

    Always indent code.
"""
HTML = """<html><head><title>Never read this</title></head><body>
<h1>House rules</h1>
<p>The assistant must <b>never</b> promise a refund. You should answer in one&nbsp;line.</p>
<ul><li>Never name a <a href="javascript:alert(1)">colleague</a>.</li>
<li>You must ask first.</li></ul>
<script>window.hacked = 1</script>
<h2>Tone</h2><table><tr><th>When</th><th>What</th></tr>
<tr><td>always</td><td>Always be kind &amp; brief.</td></tr></table>
</body></html>"""


def laid_out(text: str, format: str = "markdown") -> tuple[DocumentLayout, tuple[RuleView, ...]]:
    spec = read_spec(SourceDocument.of(text, format=format))  # pyright: ignore[reportArgumentType]
    data = ReportData(document=text, sections=spec.sections, rules=spec.rules)
    views = rule_views(data, contrast_of(data))
    return lay_out(text, spec.sections, views, format), views


def text_of(layout: DocumentLayout, view: RuleView) -> str:
    pieces = (piece for block in layout.blocks for piece in block.pieces)
    return "".join(p.text for p in pieces if any(r.number == view.number for r in p.rules))


def letters(text: str) -> str:
    """What is left of a text without Markdown's signs, tags, footnote signs and white space."""
    return re.sub(r"\W|_", "", re.sub(r"\[\^?\d+\]|</?\w+>", "", text))


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_rule_of_a_markdown_document_stands_in_its_mark(newline: str) -> None:
    layout, views = laid_out(MARKDOWN.replace("\n", newline))
    assert len(views) >= 12
    assert not layout.unplaced
    assert not any(block.is_source for block in layout.blocks)
    for view in views:
        quote = clean(of_slices(view.rule.quote, [(0, len(view.rule.quote))]), {"tone": "Tone"})
        assert letters(text_of(layout, view)) == letters(quote.text), view.rule.quote


def test_every_rule_of_an_html_document_stands_in_its_mark_without_its_tags() -> None:
    layout, views = laid_out(HTML, "html")
    assert len(views) >= 4
    assert not any(block.is_source for block in layout.blocks)
    for view in views:
        quote = html.unescape(re.sub("<[^>]+>", "", view.rule.quote))
        assert letters(text_of(layout, view)) == letters(quote)
    shown = "".join(piece.text for block in layout.blocks for piece in block.pieces)
    assert "hacked" not in shown
    assert "<" not in shown
    tags = "".join(piece.markup for block in layout.blocks for piece in block.pieces)
    assert '<p class="h-1"></p>' in tags
    assert re.search(
        r"<table><tbody><tr>(<td[^>]*></td>){2}</tr><tr>(<td[^>]*></td>){2}</tr>", tags
    )


def test_a_mark_begins_where_its_rule_begins_and_only_once() -> None:
    layout, views = laid_out(MARKDOWN)
    pieces = [piece for block in layout.blocks for piece in block.pieces]
    for view in views:
        begun = [piece for piece in pieces if any(v.number == view.number for v in piece.begins)]
        assert len(begun) == 1
        first = next(p for p in pieces if any(v.number == view.number for v in p.rules))
        assert begun[0] is first


def test_a_mark_stands_before_the_link_or_the_bold_text_that_its_rule_begins_with() -> None:
    layout, _ = laid_out("# R\n\n- [Customers](#r) must be greeted.\n- **Never** shout.\n")
    shown = [p.markup or ("mark" if p.begins else p.text) for b in layout.blocks for p in b.pieces]
    tags = [one for one in shown if one == "mark" or one.startswith(("<span", "<strong"))]
    assert tags == ["mark", '<span class="target" title="#r">', "mark", "<strong>"]


def test_plain_text_and_text_without_a_format_are_shown_as_their_source() -> None:
    layout, _ = laid_out(MARKDOWN, "text")
    assert all(block.is_source for block in layout.blocks)
    assert "".join(p.text for b in layout.blocks for p in b.pieces) == MARKDOWN


def test_markdown_is_rendered_and_nothing_of_it_is_live() -> None:
    spec = read_spec(SourceDocument.of(MARKDOWN))
    manifest = Manifest.of({"document": {"name": "desk.md", "format": "markdown"}})
    data = ReportData(
        document=MARKDOWN, sections=spec.sections, rules=spec.rules, manifest=manifest
    )
    page = render_report(data)
    source = page[page.index('id="source"') : page.index("<aside")]
    assert '<h3 class="h-1">Rules for the <em>desk</em>' in source
    assert re.search(r"<strong>.*never.*</strong>", source)
    assert "<table>" in source
    assert "<th>When</th>" in source
    assert '<ol start="1">' in source or "<ol>" in source
    # A link within the document leads to its section, by its title; others only name their target.
    assert re.search(r'<a href="#section-\d">.*“Tone”', source)
    assert 'title="https://example.org/style"' in source
    assert set(re.findall(r'href="(.)', source)) == {"#"}
    assert not re.search(r'href="[^"]*javascript', page)
    for live in ("<img", "<b>bold", "src=", "<script>window"):
        assert live not in source
    assert "&lt;b&gt;" in source
    assert "&lt;script&gt;window.hacked = 1&lt;/script&gt;" in source
    assert '<span class="picture" title="http://example.org/face.png">' in source
    assert '<span class="written">' in source


def test_a_link_that_a_rule_ends_in_keeps_the_section_as_its_source() -> None:
    document = "# One\n\nSee [this](http://example.org/a).\n\n# Two\n\nNever shout.\n"
    sections = (
        Section(path=("One",), level=1, text="", start=0, end=44),
        Section(path=("Two",), level=1, text="", start=44, end=len(document)),
    )
    spec = read_spec(SourceDocument.of(document))
    at = document.index("See")
    cut = spec.rules[0].model_copy(
        update={"id": "cut", "quote": document[at : at + 20], "start": at, "end": at + 20}
    )
    data = ReportData(document=document, sections=sections, rules=(cut, *spec.rules))
    layout = lay_out(document, sections, rule_views(data, contrast_of(data)), "markdown")
    assert [block.is_source for block in layout.blocks] == [True, False]
    shown = "".join(p.text for b in layout.blocks[:1] for p in b.pieces)
    assert shown == document[: document.index("# Two")]


def test_signs_are_rare_and_are_found_again() -> None:
    signs = Signs.unused_in("a ⁖ b")
    assert signs is not None
    text = signs.insert("one two", [(4, Border(12, True)), (7, Border(12, False))])
    assert "⁖" not in text
    assert list(signs.split(text)) == ["one ", Border(12, True), "two", Border(12, False)]
    assert signs.without(text) == "one two"
    assert Signs.unused_in("⁖⁘⁙⁚⁛⁜⁝⁞⸎⸏⸐⸑⸒⸓⸔⸕⸖⸘⸙⸛⸞⸟⸪⸫⸬⸭⸰⸱⸳⸴") is None
