"""No Markdown in the answer: headings, bold, tables, code."""

from __future__ import annotations

import re

from specloop.checking.grammar import ANSWER, USING, items, names_of
from specloop.checking.text import prose
from specloop.checks import Ban, Clause, checks

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
_NAMES = names_of(
    {
        "headings": "heading, headings, headers, markdown headings",
        "bold": "bold, bold text, bold type, bold face",
        "italics": "italics, italic text",
        "tables": "table, tables, markdown tables",
        "code blocks": "code block, code blocks",
        "markdown": "markdown, markdown formatting, markdown syntax, markdown markup",
    }
)
_SIGNS = re.compile(r"\*\*|__|`|^#+ |\||(?<!\w)[*_]|[*_](?!\w)")


@checks.register("no_markup")
class NoMarkup(Ban):
    """None of the named kinds of markup occurs."""

    of_form = True

    kinds: tuple[str, ...]

    @classmethod
    def compile(cls, clause: Clause) -> NoMarkup | None:
        """ "Do not use headings or bold text.", "No Markdown.\""""
        formats = clause.verb == "format"
        lead = rf"^(?:{ANSWER} )?(?:in|with|as) " if formats else r"^(?:in|with) "
        kinds = items(re.sub(lead, "", clause.rest, flags=re.I), _NAMES)
        if not kinds or not clause.forbids((*USING, "format")):
            return None
        return cls(kinds=MARKDOWN if "markdown" in kinds else kinds)

    def occurs(self, text: str) -> bool:
        """Whether there is any; in code blocks only code counts."""
        searched = ((k, text if k.startswith("code") else prose(text)) for k in self.kinds)
        return any(re.search(KINDS[kind], part, re.M) for kind, part in searched)

    def repair(self, sentences: list[str]) -> list[str]:
        """Take the marks away."""
        return [_SIGNS.sub("", sentence).strip() for sentence in sentences]

    def describe(self) -> str:
        """The kinds that the answer must not have."""
        return "no " + ", ".join(self.kinds)
