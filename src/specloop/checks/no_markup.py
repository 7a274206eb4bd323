"""No Markdown in the answer: headings, bold, tables, code."""

from __future__ import annotations

import re

from specloop.checking.grammar import ANSWER, items
from specloop.checking.text import prose
from specloop.checks import AnswerText, Check, Clause, checks

KINDS = {
    "headings": r"^#{1,6} \S",
    "bold": r"\*\*[^*\n]+\*\*|__[^_\n]+__",
    "italics": r"(?<![\w*])\*(?![\s*])[^*\n]+(?<!\s)\*(?![\w*])"
    r"|(?<![\w_])_(?![\s_])[^_\n]+(?<!\s)_(?![\w_])",
    "tables": r"^\|.*\|\s*$|^ *:?-{3,}:? *\|",
    "code": r"```|`[^`\n]+`",
    "code blocks": r"```",
    "links": r"\[[^\[\]\n]+\]\([^)\n]{1,2000}\)",
    "quotes": r"^> \S",
}
MARKDOWN = ("headings", "bold", "italics", "tables", "code", "links", "quotes")
_NAMES = {
    "heading": "headings",
    "headings": "headings",
    "headers": "headings",
    "bold": "bold",
    "bold text": "bold",
    "bold type": "bold",
    "bold face": "bold",
    "italics": "italics",
    "italic text": "italics",
    "table": "tables",
    "tables": "tables",
    "markdown headings": "headings",
    "markdown tables": "tables",
    "code block": "code blocks",
    "code blocks": "code blocks",
    "markdown": "markdown",
    "markdown formatting": "markdown",
    "markdown syntax": "markdown",
    "markdown markup": "markdown",
}
_SIGNS = re.compile(r"\*\*|__|`|^#+ |\||(?<!\w)[*_]|[*_](?!\w)")
_USE = ("use", "write", "include", "contain", "have", "add", "put", "insert")


@checks.register("no_markup")
class NoMarkup(Check):
    """None of the named kinds of markup occurs."""

    of_form = True

    kinds: tuple[str, ...]

    @classmethod
    def compile(cls, clause: Clause) -> NoMarkup | None:
        """ "Do not use headings or bold text.", "No Markdown.\""""
        formats = clause.verb == "format"
        if not clause.negative or clause.part != "answer" or not (formats or clause.verb in _USE):
            return None
        lead = rf"^(?:{ANSWER} )?(?:in|with|as) " if formats else r"^(?:in|with) "
        kinds = items(re.sub(lead, "", clause.rest, flags=re.I), _NAMES)
        if not kinds:
            return None
        return cls(kinds=MARKDOWN if "markdown" in kinds else kinds)

    def holds(self, answer: AnswerText) -> bool | None:
        """Broken if there is any; open for a cut answer without any."""
        if any(self._has(kind, answer.text) for kind in self.kinds):
            return False
        return None if answer.cut else True

    def _has(self, kind: str, text: str) -> bool:
        searched = text if kind.startswith("code") else prose(text)
        return re.search(KINDS[kind], searched, re.M) is not None

    def repair(self, sentences: list[str]) -> list[str]:
        """Take the marks away."""
        return [_SIGNS.sub("", sentence).strip() for sentence in sentences]

    def describe(self) -> str:
        """The kinds that the answer must not have."""
        return "no " + ", ".join(self.kinds)
