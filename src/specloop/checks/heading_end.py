"""Marks that a heading must not end with."""

from __future__ import annotations

from specloop.checking.grammar import full, items
from specloop.checking.parts import parts
from specloop.checks import AnswerText, Check, Clause, checks

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
class HeadingEnd(Check):
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

    def holds(self, answer: AnswerText) -> bool | None:
        """The last heading of a cut answer may go on."""
        headings = parts(answer.text, "heading")
        if any(heading.endswith(tuple(self.marks)) for heading in headings):
            return False
        return None if answer.cut else True

    def describe(self) -> str:
        """The marks."""
        return f"no heading ends with {' '.join(self.marks)}"
