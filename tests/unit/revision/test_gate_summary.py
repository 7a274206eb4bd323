"""The gate's Markdown: whatever stands in documents, names and remarks of models is text in it."""

from __future__ import annotations

import unicodedata
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from tests.revised import rules_in

from specloop.report.gate_summary import as_markdown
from specloop.revision.gate import (
    GateReport,
    GateRule,
    GateStanding,
    State,
    conditions,
    results,
)

HOSTILE = [
    "EVIL `code` ``` EVIL",
    "EVIL | a | b | c |",
    "EVIL <script>alert(1)</script><img src=x onerror=y> &lt;b&gt;",
    "EVIL</code></details></table><h1>",
    "EVIL [link](http://evil.example) ![p](//evil.example/p) <http://a.example> www.a.example",
    "EVIL @everyone @org/team #1 org/repo#1 GH-1 :tada: user@evil.example",
    "EVIL\n\n# heading\n\n- [x] done\n\n---\n> quote\n\n    code\n<!-- EVIL",
    "EVIL \x1b[2J\x1b]8;;http://evil.example\x07 \u202e \u200b \x00 \ud800",
    "EVIL **b** _i_ ~~s~~ $x^2$ [^1] \\ \\| &#60;b&#62;",
]
TABLE = {"table", "thead", "tbody", "tr", "th", "td"}
ALLOWED = {"h2", "h3", "p", "ul", "li", "code", "details", "summary", *TABLE}


class Seen(HTMLParser):
    """Tags, attributes and the text outside of code."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.outside = self.inside = ""
        self._in_code = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self._in_code = tag == "code"

    def handle_endtag(self, tag: str) -> None:
        self._in_code = False

    def handle_comment(self, data: str) -> None:
        self.tags.add("a comment")

    def handle_data(self, data: str) -> None:
        if self._in_code:
            self.inside += data
        else:
            self.outside += data


def report(text: str) -> GateReport:
    """One of which every foreign text is this one."""
    rule = rules_in("# P\n\n- Keep it short.\n").rules[0].model_copy(update={"text": text})
    states: tuple[State, ...] = ("worse", "better", "open", "new")
    lines = [GateRule(rule, "reworded", rule, GateStanding(state=state)) for state in states]
    return GateReport(
        entrant=text,
        documents=(text, text),
        rules=(*lines, GateRule(rule, "new", None, GateStanding())),
        gone=(rule,),
        totals={"rcs": GateStanding(why="too few")},
        conflicts=(text,),
        n_requests=(1, 1, 1),
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_text_is_only_text(text: str) -> None:
    given = report(text)
    markdown = as_markdown(given, results(given, conditions(["worse>3", "new-conflict"])))
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in markdown if c != "\n")
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    seen = Seen(parser.render(markdown))
    assert seen.tags <= ALLOWED
    assert not seen.attributes
    assert "EVIL" not in seen.outside
    assert seen.inside.count("EVIL") > 10
    table: list[int] = []
    for line in (*markdown.splitlines(), ""):
        table = [*table, line.count("|")] if line.startswith("|") else []
        assert len(set(table)) < 2, line
