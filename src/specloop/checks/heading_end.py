"""Marks that a heading must not end with."""

from __future__ import annotations

from specloop.checking.grammar import full, items
from specloop.checking.text import parts
from specloop.checks import Ban, Clause, checks

_MARKS = {
    "full stop": ".",
    "period": ".",
    "colon": ":",
    "question mark": "?",
    "exclamation mark": "!",
    "exclamation point": "!",
    "punctuation mark": ".:?!,;",
    "punctuation": ".:?!,;",
}


@checks.register("heading_end")
class HeadingEnd(Ban):
    """No heading ends with one of the marks; without a heading the rule is kept."""

    of_form = True

    marks: str

    @classmethod
    def compile(cls, clause: Clause) -> HeadingEnd | None:
        """ "Headings must not end with a full stop.\""""
        ends = clause.part == "heading" and clause.negative and clause.verb == "end"
        match = full(r"(?:with|in) (?P<listed>.+)", clause.rest) if ends else None
        marks = items(match["listed"], _MARKS) if match else None
        return cls(marks="".join(marks)) if marks else None

    def occurs(self, text: str) -> bool:
        """Whether a heading ends with one."""
        return any(heading.endswith(tuple(self.marks)) for heading in parts(text, "heading"))

    def describe(self) -> str:
        """The marks."""
        return f"no heading ends with {' '.join(self.marks)}"
