"""No Markdown in the answer: headings, bold, tables, code."""

from __future__ import annotations

import re

from specloop.checks import Answer, Check, checks

KINDS = {
    "headings": r"^#{1,6} \S",
    "bold": r"\*\*[^*\n]+\*\*|__[^_\n]+__",
    "tables": r"^\|.*\|\s*$",
    "code": r"```|`[^`\n]+`",
}
_NAMES = {
    "headings": r"\bheadings?\b|\bmarkdown\b",
    "bold": r"\bbold\b|\bmarkdown\b",
    "tables": r"\btables?\b|\bmarkdown\b",
    "code": r"\bcode blocks?\b|\bmarkdown\b",
}
_NOT = re.compile(r"\b(?:never|no|not|don't|avoid|without)\b(?P<rest>.*)", re.I)


@checks.register("no_markup")
class NoMarkup(Check):
    """None of the named kinds of markup occurs."""

    kinds: tuple[str, ...]

    @classmethod
    def compile(cls, wording: str) -> NoMarkup | None:
        """ "Do not use headings or bold text.", "No Markdown.\""""
        forbids = _NOT.search(wording)
        if not forbids:
            return None
        kinds = tuple(
            kind for kind, name in _NAMES.items() if re.search(name, forbids["rest"], re.I)
        )
        return cls(kinds=kinds) if kinds else None

    def holds(self, answer: Answer) -> bool | None:
        """Found is broken; a cut answer without any is open."""
        if any(re.search(KINDS[kind], answer.text, re.M) for kind in self.kinds):
            return False
        return None if answer.cut else True

    def mend(self, sentences: list[str]) -> list[str]:
        """Take the marks away."""
        return [re.sub(r"\*\*|__|`|^#+ |\|", "", sentence).strip() for sentence in sentences]

    def describe(self) -> str:
        """The kinds it lacks."""
        return "no " + ", ".join(self.kinds)
